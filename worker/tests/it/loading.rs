//! Loading a profile's models.

use idv_worker::inference::{Manifest, Models};

use crate::support::shared;

#[test]
fn both_profiles_load_and_name_their_models() {
    let Some(folder) = shared("models") else { return };
    for (profile, embedder) in [("accurate", "edgeface-xs"), ("permissive", "dlib-resnet")] {
        // The folder may hold only a part of the models; a missing one is another test's matter.
        let models = match Models::load(&Manifest::built_in(), &folder, profile) {
            Ok(models) => models,
            Err(fault) => return println!("skipped: {fault}"),
        };
        assert_eq!(models.stamps()["face_embedder"].name, embedder);
        assert_eq!(models.stamps()["liveness"].sha256.len(), 64);
        assert!(models.faces.liveness.is_some());
    }
}

#[test]
fn an_empty_folder_is_a_fault_that_says_how_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    let Err(fault) = Models::load(&Manifest::built_in(), folder.path(), "accurate") else {
        panic!("models out of nothing");
    };
    let message = fault.to_string();
    for part in ["face_embedder", "edgeface_xs.onnx", "dlib_resnet_150.onnx", "idv models fetch"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}
