//! The two images of a comparison: each a file, a text in base64, or the name of one that is kept.

use actix_web::web::Data;
use bytes::Bytes;
use futures_util::stream;
use idv_common::db::captures::Capture;
use idv_common::domain::CaptureKind;

use super::named;
use super::received::{MOST_IMAGES, Received, too_many};
use crate::auth::Caller;
use crate::images::{Stored, check_name};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// Where one of the two images comes from.
#[derive(Debug)]
enum Side {
    /// It came with the request, as the upload of this number.
    Uploaded(usize),
    /// It is kept under this name.
    Kept(String),
}

/// Both images, the document's first.
#[derive(Debug, Default)]
struct Sides([Option<Side>; 2]);

impl Sides {
    /// Puts an image where its field says, or else where there is room. Names that are left over say nothing more.
    fn put(&mut self, place: Option<usize>, side: Side) -> Result<(), Problem> {
        let place = place.or_else(|| self.0.iter().position(Option::is_none));
        match (place.and_then(|place| self.0.get_mut(place)), side) {
            (Some(free @ None), side) => *free = Some(side),
            (_, Side::Kept(_)) => {}
            (_, Side::Uploaded(_)) => {
                return Err(Problem::new(Code::BadRequest, "there is more than one image for a place"));
            }
        }
        Ok(())
    }

    fn both(self) -> Result<[Side; 2], Problem> {
        match self.0 {
            [Some(document), Some(person)] => Ok([document, person]),
            [None, None] => {
                let detail = "there are no images: send two, or the names of two, as `image1` and `image2`";
                Err(Problem::new(Code::BadRequest, detail))
            }
            [None, _] => Err(Problem::new(Code::BadRequest, "image 1, the document's, is missing")),
            [_, None] => Err(Problem::new(Code::BadRequest, "image 2, the person's, is missing")),
        }
    }
}

/// The rows of a comparison's own copies of the images that a request sends or names.
pub(super) async fn rows(
    state: &Data<State>,
    caller: &Caller,
    received: Received,
    mut uploads: Uploads,
) -> Result<Vec<Capture>, Problem> {
    let mut count = received.files.len();
    let mut order = [0; 2];
    for (at, side) in sides(&received, &mut uploads, &mut count).await?.into_iter().enumerate() {
        order[at] = match side {
            Side::Uploaded(number) => number,
            Side::Kept(name) => {
                store(&mut uploads, kept(state, caller, &name, at + 1).await?).await?;
                count += 1;
                count - 1
            }
        };
    }
    let mut rows = uploads.into_rows();
    for (number, kind) in order.into_iter().zip([CaptureKind::ImageA, CaptureKind::ImageB]) {
        rows[number].kind = kind;
    }
    Ok(rows)
}

/// Finds out which image is which. Those in base64 are stored, and counted.
async fn sides(received: &Received, uploads: &mut Uploads, count: &mut usize) -> Result<[Side; 2], Problem> {
    let mut found: Vec<(Option<usize>, Side)> = Vec::new();
    for (number, file) in received.files.iter().enumerate() {
        found.push((file.place(), Side::Uploaded(number)));
    }
    for text in received.texts.iter().filter(|text| text.is_for_an_image() || text.is_for_a_name()) {
        match text.is_for_an_image().then(|| text.image()).flatten() {
            Some(_) if *count == MOST_IMAGES => return Err(too_many()),
            Some(image) => {
                store(uploads, image.into()).await?;
                found.push((text.place(), Side::Uploaded(*count)));
                *count += 1;
            }
            None => found.push((text.place(), Side::Kept(text.value.0.clone()))),
        }
    }
    let mut sides = Sides::default();
    let (placed, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(place, _)| place.is_some());
    for (place, side) in placed.into_iter().chain(others) {
        sides.put(place, side)?;
    }
    sides.both()
}

/// The bytes of a kept image.
async fn kept(state: &State, caller: &Caller, name: &str, number: usize) -> Result<Bytes, Problem> {
    check_name(name)?;
    let missing = || Problem::new(Code::NotFound, format!("image {number}: there is no image of this name"));
    let id = named(state, caller, name).await?.ok_or_else(missing)?;
    let image = Stored::read(state, &caller.tenant, &id).await?.ok_or_else(missing)?;
    Ok(image.bytes.0)
}

/// Stores bytes as an upload.
pub(super) async fn store(uploads: &mut Uploads, image: Bytes) -> Result<(), Problem> {
    uploads.receive(CaptureKind::Image, stream::iter([Ok(image)])).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(all: Vec<(Option<usize>, Side)>) -> Result<[Side; 2], Problem> {
        let mut sides = Sides::default();
        for (place, side) in all {
            sides.put(place, side)?;
        }
        sides.both()
    }

    fn kept(name: &str) -> Side {
        Side::Kept(name.to_owned())
    }

    #[test]
    fn images_stand_where_their_fields_say_and_else_in_order() {
        let both = put(vec![(Some(1), Side::Uploaded(0)), (None, kept("card"))]).unwrap();
        assert!(matches!(&both, [Side::Kept(name), Side::Uploaded(0)] if name == "card"), "{both:?}");
        let both = put(vec![(None, kept("a")), (None, kept("b")), (None, kept("c"))]).unwrap();
        assert!(matches!(&both, [Side::Kept(a), Side::Kept(b)] if a == "a" && b == "b"), "{both:?}");
    }

    #[test]
    fn a_name_beside_its_image_says_nothing_more() {
        let both =
            put(vec![(Some(0), Side::Uploaded(0)), (Some(0), kept("card")), (Some(1), Side::Uploaded(1))]);
        assert!(matches!(both.unwrap(), [Side::Uploaded(0), Side::Uploaded(1)]));
    }

    #[test]
    fn what_is_missing_or_too_much_is_refused() {
        let refused = |all| put(all).unwrap_err().to_string();
        assert!(refused(vec![]).contains("there are no images"));
        assert!(refused(vec![(Some(0), kept("a")), (Some(0), kept("b"))]).contains("image 2"));
        assert!(refused(vec![(Some(1), kept("a"))]).contains("image 1"));
        let three = vec![(None, Side::Uploaded(0)), (None, Side::Uploaded(1)), (None, Side::Uploaded(2))];
        assert!(refused(three).contains("more than one image"));
    }
}
