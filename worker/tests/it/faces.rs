//! Faces: found, told apart, and told from pictures of faces.

use idv_common::domain::{CaptureKind, Check, Outcome, Policy, ReasonCode};
use idv_worker::inference::{CenterFace, FaceDetector, FaceModels, LivenessScore, YuNet};
use idv_worker::pipeline::face_match::judge_face_match;
use idv_worker::pipeline::faces::{
    FaceFinding, find_document_face, find_selfie_face, judge_document_face, judge_selfie_face,
};
use idv_worker::pipeline::liveness::{find_liveness, judge_liveness};
use image::{Rgb, RgbImage, imageops};

use crate::support::{models, picture, shared};

const PORTRAITS: &str = "fixtures/face/ageitgey_face_recognition/tests/test_images";
const SPOOFS: &str = "fixtures/spoof/minivision-ai_Silent-Face-Anti-Spoofing/images/sample";

fn portrait(name: &str) -> Option<RgbImage> {
    picture(&format!("{PORTRAITS}/{name}"))
}

fn selfie(models: &FaceModels, image: &RgbImage) -> FaceFinding {
    find_selfie_face(image, models.detector.as_ref(), models.embedder.as_ref()).unwrap()
}

fn document(models: &FaceModels, image: &RgbImage) -> FaceFinding {
    find_document_face(image, models.detector.as_ref(), models.embedder.as_ref()).unwrap()
}

fn selfie_check(finding: &FaceFinding) -> Check {
    judge_selfie_face(finding, CaptureKind::Selfie, &Policy::default().face)
}

fn matched(models: &FaceModels, a: &FaceFinding, b: &FaceFinding) -> Check {
    judge_face_match(a, b, &models.matcher, &Policy::default().face)
}

fn liveness(models: &FaceModels, image: &RgbImage) -> Option<(LivenessScore, Check)> {
    let finding = find_liveness(image, &selfie(models, image), models.liveness.as_deref()?).unwrap();
    let check = judge_liveness(Some(&finding), &Policy::default().liveness);
    Some((finding.score.unwrap(), check))
}

/// `picture` on a larger white page, `part` of the page's width wide.
fn on_page(picture: &RgbImage, page_width: u32, part: f32) -> RgbImage {
    let width = (page_width as f32 * part) as u32;
    let height = width * picture.height() / picture.width();
    let small = imageops::resize(picture, width, height, imageops::FilterType::Triangle);
    let mut page = RgbImage::from_pixel(page_width, page_width * 5 / 8, Rgb([235, 238, 240]));
    imageops::replace(&mut page, &small, i64::from(page_width / 9), i64::from(page_width / 5));
    page
}

fn one_person_matches_and_another_does_not(profile: &str) {
    let Some(models) = models(profile) else { return };
    let names = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"];
    let found = names.map(|name| portrait(name).map(|image| selfie(&models, &image)));
    let [Some(obama), Some(again), Some(third), Some(biden)] = found else { return };
    for (a, b) in [(&obama, &again), (&obama, &third), (&again, &third)] {
        let check = matched(&models, a, b);
        println!("{profile}, same: {:?} {}", check.score, check.evidence.details["estimated_fmr"]);
        assert_eq!(check.outcome, Outcome::Pass, "{check:?}");
    }
    for a in [&obama, &again, &third] {
        let check = matched(&models, a, &biden);
        println!("{profile}, different: {:?} {}", check.score, check.evidence.details["estimated_fmr"]);
        assert_eq!(check.reasons, [ReasonCode::FaceMismatch], "{check:?}");
    }
}

#[test]
fn one_person_matches_and_another_does_not_with_the_accurate_models() {
    one_person_matches_and_another_does_not("accurate");
}

#[test]
fn one_person_matches_and_another_does_not_with_the_permissive_models() {
    one_person_matches_and_another_does_not("permissive");
}

#[test]
fn a_portrait_of_a_twentieth_of_the_page_is_found_and_matches() {
    let (Some(models), Some(head), Some(other)) =
        (models("accurate"), portrait("obama.jpg"), portrait("obama2.jpg"))
    else {
        return;
    };
    let reference = selfie(&models, &other);
    for (page_width, part) in [(1200, 0.25), (2400, 0.12), (4000, 0.06)] {
        let finding = document(&models, &on_page(&head, page_width, part));
        let check = judge_document_face(&finding, CaptureKind::DocumentFront, &Policy::default().face);
        let face = finding.faces.first().expect("a face");
        println!("{page_width} {part}: face of {} px, eyes {:?}", face.bounds.width(), check.score);
        assert_eq!(check.outcome, Outcome::Pass, "{check:?}");
        assert_eq!(matched(&models, &finding, &reference).outcome, Outcome::Pass);
    }
}

#[test]
fn a_face_that_fills_the_image_is_found() {
    let (Some(models), Some(image)) = (models("accurate"), portrait("obama.jpg")) else { return };
    let whole = selfie(&models, &image);
    let bounds = whole.faces[0].bounds;
    let (left, top) = (bounds.left.max(0.0) as u32, bounds.top.max(0.0) as u32);
    let tight =
        imageops::crop_imm(&image, left, top, bounds.width() as u32, bounds.height() as u32).to_image();
    let filling = selfie(&models, &tight);
    assert_eq!(selfie_check(&filling).outcome, Outcome::Pass, "{:?}", filling.faces);
    assert_eq!(matched(&models, &filling, &whole).outcome, Outcome::Pass);
}

/// The head of the picture's main face, in a square of `side` pixels.
fn head(models: &FaceModels, picture: &RgbImage, side: u32) -> RgbImage {
    let bounds = selfie(models, picture).faces[0].bounds;
    let (half, x, y) =
        (bounds.height(), (bounds.left + bounds.right) / 2.0, (bounds.top + bounds.bottom) / 2.0);
    let (left, top) = ((x - half).max(0.0) as u32, (y - half).max(0.0) as u32);
    let cut = imageops::crop_imm(picture, left, top, 2 * half as u32, 2 * half as u32).to_image();
    imageops::resize(&cut, side, side, imageops::FilterType::Triangle)
}

#[test]
fn a_second_face_counts_only_if_it_is_of_comparable_size() {
    let (Some(models), Some(one), Some(two)) =
        (models("accurate"), portrait("obama.jpg"), portrait("biden.jpg"))
    else {
        return;
    };
    let beside = |side: u32| {
        let mut page = RgbImage::from_pixel(1600, 800, Rgb([200; 3]));
        imageops::replace(&mut page, &head(&models, &one, 800), 0, 0);
        imageops::replace(&mut page, &head(&models, &two, side), 800, 0);
        selfie_check(&selfie(&models, &page))
    };
    assert_eq!(beside(700).reasons, [ReasonCode::SelfieMultipleFaces]);
    let with_background = beside(300);
    assert_eq!(with_background.outcome, Outcome::Pass);
    assert_eq!(with_background.evidence.details["faces"], 2);
}

#[test]
fn a_page_without_a_face_says_so() {
    let Some(models) = models("accurate") else { return };
    for size in [(1, 1), (640, 400), (37, 1200)] {
        let blank = RgbImage::from_pixel(size.0, size.1, Rgb([250; 3]));
        let on_document = document(&models, &blank);
        let check = judge_document_face(&on_document, CaptureKind::DocumentFront, &Policy::default().face);
        assert_eq!(check.reasons, [ReasonCode::DocumentNoFace]);
        let on_selfie = selfie(&models, &blank);
        assert_eq!(selfie_check(&on_selfie).reasons, [ReasonCode::SelfieNoFace]);
        assert_eq!(matched(&models, &on_document, &on_selfie).outcome, Outcome::NotRun);
    }
}

#[test]
fn a_live_person_is_told_from_a_print_and_a_screen() {
    let Some(models) = models("accurate") else { return };
    for (name, outcome) in
        [("image_T1.jpg", Outcome::Pass), ("image_F1.jpg", Outcome::Fail), ("image_F2.jpg", Outcome::Fail)]
    {
        let Some(image) = picture(&format!("{SPOOFS}/{name}")) else { return };
        let Some((score, check)) = liveness(&models, &image) else { return };
        println!("{name}: {score:?}");
        assert_eq!(check.outcome, outcome, "{name}: {score:?}");
    }
}

#[test]
fn both_detectors_see_the_same_landmarks_in_the_same_order() {
    let (Some(yunet), Some(centerface), Some(image)) = (
        shared("models/yunet_n_dyn_tract.onnx"),
        shared("models/centerface_dyn.onnx"),
        portrait("obama.jpg"),
    ) else {
        return;
    };
    let yunet = YuNet::load("yunet", std::fs::read(yunet).unwrap()).unwrap();
    let centerface = CenterFace::load("centerface", std::fs::read(centerface).unwrap()).unwrap();
    for zoom in [1, 2] {
        let a = &yunet.detect(&image, 0.7, zoom).unwrap()[0];
        let b = &centerface.detect(&image, 0.7, zoom).unwrap()[0];
        assert!(a.bounds.intersection_over_union(&b.bounds) > 0.7, "{a:?} {b:?}");
        for (p, q) in a.landmarks.iter().zip(b.landmarks) {
            assert!(p.distance(q) < 0.25 * a.eye_distance(), "zoom {zoom}: {p:?} {q:?}");
        }
    }
}
