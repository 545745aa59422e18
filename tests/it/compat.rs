//! The earlier systems' interfaces: every request and every failure that their READMEs name.

mod access;
mod enroll_authenticate;
mod face_recognition_api;
mod facemetric;
mod hanging_up;
mod id_verification_system;
mod shell;
mod uncoin_kyc;

use std::io::Cursor;
use std::sync::Arc;

use image::ImageFormat;

use crate::harness::images::face;
use crate::harness::{Server, ServerOptions};

/// The two systems that have `/compare` in common. Production mode answers them only if it is told to.
const COMPARE: &str = "face-recognition-api,facemetric";

/// A server of both systems with `/compare`, shared by their tests.
fn compare_server() -> Option<Arc<Server>> {
    Server::shared("compare", || {
        ServerOptions::default().set("IDV_COMPAT", COMPARE).set("IDV_LIMITS__CAPTURE_BYTES", 4 << 20)
    })
}

/// A shared photo of a face in another format, smaller so that all formats are quick.
fn face_as(name: &str, format: ImageFormat) -> Option<Vec<u8>> {
    let photo = image::load_from_memory(&face(name)?).unwrap();
    let small = photo.thumbnail(480, 480).into_rgb8();
    let mut bytes = Cursor::new(Vec::new());
    small.write_to(&mut bytes, format).unwrap();
    Some(bytes.into_inner())
}
