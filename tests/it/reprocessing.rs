//! Another look at old verifications, with real models: what was found before is found again without the images.

use diesel::prelude::*;
use idv_common::db::captures::{self, Owner};
use idv_common::db::schema::step_evidence;
use idv_common::domain::{ItemState, VerificationId};

use crate::crashes::batches::{begin_batch, reprocess, state};
use crate::harness::images::{face, passport};
use crate::harness::verification::evidence;
use crate::harness::{Server, ServerOptions, eventually};

#[test]
fn what_was_found_is_enough_without_the_images_until_a_step_has_to_look_again() {
    let (Some(front), Some(selfie)) = (passport("obama.jpg", &[]), face("obama2.jpg")) else { return };
    let Some(server) = Server::with(ServerOptions::default().lenient()) else { return };
    let (client, data) = (server.client(), server.data());
    let id = client.create();
    client.upload(&id, "document_front", &front);
    client.upload(&id, "selfie", &selfie);
    client.submit(&id);
    let before = client.settled(&id);

    let item = || {
        let batch = begin_batch(&data, reprocess);
        eventually("the batch has ended", || state(&data, &batch).0.status.is_finished());
        state(&data, &batch).1.remove(0)
    };
    let with_images = item();
    assert_eq!((with_images.state, with_images.error), (ItemState::Done, None));
    assert_eq!(client.get(&evidence(&id)).status, 200, "what was recalled is drawn as well");
    assert_eq!(data.objects().len(), 4, "the former picture goes with the captures");

    let verification: VerificationId = id.parse().unwrap();
    data.transaction(move |conn| {
        let gone = captures::delete_all(conn, Owner::Verification(&verification))?;
        assert_eq!(gone.len(), 4);
        Ok(())
    });
    let first = item();
    assert_eq!((first.state, first.error), (ItemState::Done, None));
    assert_eq!(first.new_verdict.map(|verdict| verdict.as_str()), before["status"].as_str());
    assert_eq!(client.get(&evidence(&id)).problem(404), "not_found");
    let after = client.verification(&id);
    assert_eq!(after["decision"]["reasons"], before["decision"]["reasons"], "{after}");

    data.transaction(|conn| {
        let of_selfie = step_evidence::table.filter(step_evidence::step.eq("find_selfie_face"));
        assert_eq!(diesel::delete(of_selfie).execute(conn)?, 1);
        Ok(())
    });
    let second = item();
    assert_eq!((second.state, second.new_verdict), (ItemState::NotReprocessable, None));
    assert_eq!(client.verification(&id)["version"], after["version"], "nothing has changed");
    data.assert_no_job_is_left();
}
