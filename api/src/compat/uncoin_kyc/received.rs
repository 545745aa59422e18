//! What a request of this system holds. Its README names no fields, so every plausible form is read: parts of a form,
//! members of a JSON object, query parameters, or the body alone; names and images are told apart by what the field is
//! called, and by their first bytes.

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::{self, Payload, Query};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use idv_common::domain::{CaptureKind, MediaFormat, Private};
use serde_json::Value;

use crate::data_url::{self, encoded_len};
use crate::form::{self, chunks, malformed};
use crate::json::{self, broken, collect, in_time, media_type};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// What fields that hold an image may be called, without case, numbers and signs.
const IMAGES: [&str; 17] = [
    "image", "images", "imagea", "imageb", "imagen", "img", "file", "files", "photo", "photos", "foto",
    "picture", "data", "base", "document", "selfie", "face",
];
/// What fields that hold a name may be called, likewise.
const NAMES: [&str; 14] = [
    "name",
    "names",
    "namea",
    "nameb",
    "nombre",
    "filename",
    "filenames",
    "imagename",
    "imagenames",
    "key",
    "keys",
    "imagekey",
    "id",
    "ids",
];
/// Which of two images a field without a number is about: the document's photo is the first.
const PLACES: [(&str, usize); 7] =
    [("imagea", 0), ("namea", 0), ("document", 0), ("imageb", 1), ("nameb", 1), ("selfie", 1), ("face", 1)];
/// More parts than any client sends.
const MOST_PARTS: usize = 16;
/// More images than there is a use for.
pub(super) const MOST_IMAGES: usize = 2;
/// How much of a body is looked at to tell what it is.
const HEAD: usize = MediaFormat::SNIFF_LEN;

/// What a request holds.
#[derive(Default)]
pub(super) struct Received {
    /// The texts, those of the body before those of the query.
    pub texts: Vec<Text>,
    /// The images that were stored, in the order of the captures.
    pub files: Vec<File>,
}

/// A text, and the field that it came in.
pub(super) struct Text {
    field: String,
    /// The text, which may be an image in base64.
    pub value: Private<String>,
}

/// An image that was stored.
pub(super) struct File {
    field: String,
    /// The last part of the name that the client's file has: a label and nothing else.
    pub label: Option<String>,
}

impl Text {
    /// Whether its field stands for an image.
    pub(super) fn is_for_an_image(&self) -> bool {
        IMAGES.contains(&stem(&self.field).as_str())
    }

    /// Whether its field stands for a name.
    pub(super) fn is_for_a_name(&self) -> bool {
        NAMES.contains(&stem(&self.field).as_str())
    }

    /// Which of two images it is about, if its field tells.
    pub(super) fn place(&self) -> Option<usize> {
        place(&self.field)
    }

    /// The image that it is in base64, if it is one.
    pub(super) fn image(&self) -> Option<Vec<u8>> {
        data_url::decode(&self.value).filter(|bytes| MediaFormat::sniff(bytes).is_some())
    }
}

impl File {
    /// Which of two images it is, if its field tells.
    pub(super) fn place(&self) -> Option<usize> {
        place(&self.field)
    }
}

fn stem(field: &str) -> String {
    field.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

fn place(field: &str) -> Option<usize> {
    if let Some(number) = field.chars().find(char::is_ascii_digit) {
        return match number {
            '1' => Some(0),
            '2' => Some(1),
            _ => None,
        };
    }
    let stem = stem(field);
    PLACES.iter().find(|(name, _)| *name == stem).map(|(_, place)| *place)
}

/// Reads a request. Images go to `uploads`; without it they are refused.
pub(super) async fn read(
    state: &web::Data<State>,
    req: &HttpRequest,
    payload: Payload,
    uploads: Option<&mut Uploads>,
) -> Result<Received, Problem> {
    let limits = &state.ctx.config.limits;
    let images = if uploads.is_some() { 2 * encoded_len(limits.capture_bytes) } else { 0 };
    let limit = limits.json_bytes + images;
    if json::announced_len(req).is_some_and(|len| len > limit) {
        return Err(json::too_large(limit));
    }
    let mut reader = Reader { received: Received::default(), uploads, room: limit };
    in_time(state.upload_time(), async {
        match form::is_multipart(req) {
            true => reader.read_form(Multipart::new(req.headers(), payload)).await,
            false => reader.read_body(req, payload).await,
        }
    })
    .await?;
    reader.read_pairs(req.query_string())?;
    Ok(reader.received)
}

struct Reader<'a> {
    received: Received,
    uploads: Option<&'a mut Uploads>,
    /// How many bytes may still be kept in memory.
    room: usize,
}

impl Reader<'_> {
    async fn read_form(&mut self, mut fields: Multipart) -> Result<(), Problem> {
        for _ in 0..MOST_PARTS {
            let Some(field) = fields.try_next().await.map_err(malformed)? else { return Ok(()) };
            self.read_part(field).await?;
        }
        Err(Problem::new(Code::BadRequest, format!("at most {MOST_PARTS} parts are taken")))
    }

    async fn read_part(&mut self, field: Field) -> Result<(), Problem> {
        let name = field.name().unwrap_or_default().to_owned();
        let disposition = field.content_disposition();
        let label = disposition.and_then(|disposition| disposition.get_filename()).map(str::to_owned);
        // The end of a part may be asked for only once.
        let rest = chunks(field).fuse();
        futures_util::pin_mut!(rest);
        let mut head = Vec::new();
        while head.len() < HEAD
            && let Some(chunk) = rest.next().await
        {
            head.extend_from_slice(&chunk?);
        }
        let is_image = label.is_some() || MediaFormat::sniff(&head).is_some();
        let body = stream::iter([Ok(Bytes::from(head))]).chain(rest);
        if is_image {
            let uploads = self.uploads.as_deref_mut().ok_or_else(|| surplus(&name))?;
            if self.received.files.len() == MOST_IMAGES {
                return Err(too_many());
            }
            uploads.receive(CaptureKind::Image, body).await.map_err(|problem| problem.in_part(&name))?;
            self.received.files.push(File { field: name, label: label.and_then(|label| last_part(&label)) });
            return Ok(());
        }
        let text = collect(body, self.room).await?;
        self.room -= text.len();
        let text = String::from_utf8(text.into())
            .map_err(|_| Problem::field(&format!("/{name}"), "neither an image nor UTF-8 text"))?;
        self.push(&name, text);
        Ok(())
    }

    /// Reads a body that is no form of parts: by its first bytes an image or JSON, and else as its type says.
    async fn read_body(&mut self, req: &HttpRequest, payload: Payload) -> Result<(), Problem> {
        let body = collect(payload.map(|chunk| chunk.map_err(broken)), self.room).await?.freeze();
        let start = body.iter().find(|byte| !byte.is_ascii_whitespace());
        let media = media_type(req);
        if body.is_empty() {
            return Ok(());
        }
        if MediaFormat::sniff(&body).is_none() {
            if media.ends_with("json") || matches!(start, Some(b'{' | b'[')) {
                return self.read_json(&body);
            }
            if media == "application/x-www-form-urlencoded" {
                return self.read_pairs(&String::from_utf8_lossy(&body));
            }
        }
        let uploads = self.uploads.as_deref_mut().ok_or_else(|| surplus("body"))?;
        uploads.receive(CaptureKind::Image, stream::iter([Ok(body)])).await?;
        self.received.files.push(File { field: "image".to_owned(), label: None });
        Ok(())
    }

    fn read_json(&mut self, body: &[u8]) -> Result<(), Problem> {
        let wrong = |error: serde_json::Error| {
            Problem::new(Code::NotJson, format!("not JSON: line {}, column {}", error.line(), error.column()))
        };
        match serde_json::from_slice(body).map_err(wrong)? {
            Value::Object(members) => {
                members.into_iter().for_each(|(field, value)| self.push_json(&field, value))
            }
            Value::Array(items) => items.into_iter().for_each(|item| self.push_json("image", item)),
            _ => return Err(Problem::new(Code::NotJson, "the body must be a JSON object")),
        }
        Ok(())
    }

    fn push_json(&mut self, field: &str, value: Value) {
        match value {
            Value::String(text) => self.push(field, text),
            Value::Number(number) => self.push(field, number.to_string()),
            Value::Array(items) => {
                items
                    .into_iter()
                    .filter(|item| !item.is_array())
                    .for_each(|item| self.push_json(field, item));
            }
            Value::Null | Value::Bool(_) | Value::Object(_) => {}
        }
    }

    fn read_pairs(&mut self, pairs: &str) -> Result<(), Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_query(pairs)
            .map_err(|error| Problem::new(Code::InvalidQuery, error.to_string()))?;
        for (field, value) in pairs.into_inner() {
            self.push(&field, value);
        }
        Ok(())
    }

    fn push(&mut self, field: &str, value: String) {
        self.received.texts.push(Text { field: field.to_owned(), value: value.into() });
    }
}

/// The problem of a request with more than two images.
pub(super) fn too_many() -> Problem {
    Problem::new(Code::BadRequest, "there are more than two images")
}

fn surplus(part: &str) -> Problem {
    Problem::field(&format!("/{part}"), "no image is taken here, only a name")
}

/// What follows the last slash of either kind; `None` if nothing does.
fn last_part(path: &str) -> Option<String> {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(field: &str, value: &str) -> Text {
        Text { field: field.to_owned(), value: value.to_owned().into() }
    }

    #[test]
    fn fields_are_told_by_their_names() {
        for field in ["image", "image1", "image_2", "Image-1", "file", "images[]", "base64", "selfie"] {
            assert!(text(field, "").is_for_an_image(), "{field}");
        }
        for field in ["name", "name1", "image_name", "imageName2", "image1_name", "key", "filename"] {
            assert!(text(field, "").is_for_a_name(), "{field}");
        }
        assert!(!text("colour", "").is_for_an_image() && !text("colour", "").is_for_a_name());
    }

    #[test]
    fn a_number_or_a_word_says_which_image_is_meant() {
        for (field, place) in [
            ("image1", Some(0)),
            ("image_2", Some(1)),
            ("name2", Some(1)),
            ("image1_name", Some(0)),
            ("document", Some(0)),
            ("selfie", Some(1)),
            ("image_a", Some(0)),
            ("image_b", Some(1)),
            ("image", None),
            ("image7", None),
        ] {
            assert_eq!(text(field, "").place(), place, "{field}");
        }
    }

    #[test]
    fn a_text_is_an_image_only_if_it_decodes_to_one() {
        assert!(text("image", "data:image/gif;base64,R0lGODlhAQABAAAAACw=").image().is_some());
        assert!(text("image", "photo").image().is_none(), "base64 of no image is a name");
        assert!(text("image", "card.jpg").image().is_none());
    }

    #[test]
    fn of_a_path_its_last_part_is_the_label() {
        assert_eq!(last_part("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(last_part(r"C:\photos\me.jpg").as_deref(), Some("me.jpg"));
        assert_eq!(last_part("photos/"), None);
    }
}
