//! Each network's outputs against reference values that another runtime computed.

use super::tract::Network;
use crate::testing::{read_npz, shared};

/// Runs a model on an archive's `input` and compares every `out_NAME`.
fn agrees(model: &str, golden: &str) {
    let (Some(model), Some(golden)) =
        (shared(&format!("models/{model}")), shared(&format!("models/golden/{golden}")))
    else {
        return;
    };
    let arrays = read_npz(&std::fs::read(golden).unwrap());
    let input = &arrays["input"];
    let shape = input.shape.clone().try_into().unwrap();
    let network = Network::load("golden", &std::fs::read(model).unwrap(), shape).unwrap();
    let outputs = network.run(&input.values).unwrap();
    let expected = arrays.iter().filter_map(|(name, array)| Some((name.strip_prefix("out_")?, array)));
    let mut compared = 0;
    for (name, array) in expected {
        let found = outputs.get(name).unwrap();
        assert_eq!(found.len(), array.values.len(), "{name}");
        let errors = found.iter().zip(&array.values).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
        let worst = errors.fold(0.0, f32::max);
        assert!(worst < 1e-4, "{name}: off by {worst}");
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn yunet_agrees_with_the_reference() {
    agrees("yunet_n_dyn_tract.onnx", "yunet_320.npz");
}

#[test]
fn centerface_agrees_with_the_reference() {
    agrees("centerface_dyn.onnx", "centerface_320.npz");
}

#[test]
fn edgeface_agrees_with_the_reference() {
    agrees("edgeface_xs.onnx", "edgeface_xs.npz");
}

#[test]
fn the_dlib_network_agrees_with_the_reference() {
    agrees("dlib_resnet_150.onnx", "dlib_150.npz");
}

#[test]
fn both_minifasnets_agree_with_the_reference() {
    agrees("minifasnet_v2_2.7_80x80_minmax.onnx", "minifasnet_v2.npz");
    agrees("minifasnet_v1se_4.0_80x80_minmax.onnx", "minifasnet_v1se.npz");
}

#[test]
fn a_network_refuses_a_wrong_input_and_an_unknown_output() {
    let Some(model) = shared("models/minifasnet_v2_2.7_80x80_minmax.onnx") else { return };
    let onnx = std::fs::read(model).unwrap();
    let network = Network::load("live", &onnx, [1, 3, 80, 80]).unwrap();
    assert!(network.run(&[0.0; 7]).is_err());
    let input = vec![0.0; 3 * 80 * 80];
    let message = network.run(&input).unwrap().get("ghost").unwrap_err().to_string();
    assert!(message.contains("`live`") && message.contains("`ghost`"), "{message}");
    assert!(Network::load("cut", &onnx[..1000], [1, 3, 80, 80]).is_err());
}
