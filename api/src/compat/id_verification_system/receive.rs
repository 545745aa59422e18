//! Receives scans in whatever form they come: multipart, JSON or a form with base64, or the image itself.

use std::collections::BTreeMap;

use actix_multipart::{Field, Multipart};
use actix_web::HttpRequest;
use actix_web::web::{Payload, Query};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use idv_common::domain::{CaptureKind, MediaFormat};
use serde::de::IgnoredAny;

use super::side;
use crate::data_url;
use crate::form::{chunks, malformed};
use crate::json::{self, announced_len, broken, collect, media_type, too_large};
use crate::problem::{Code, Problem};
use crate::state::State;
use crate::upload::Uploads;

/// The most images of one request.
const MOST: usize = 3;
/// Where a request says what its image shows: in its query, or beside the image.
const SIDE: [&str; 5] = ["side", "type", "kind", "scan_type", "image_type"];
/// Where a text may be an image of which the request does not say what it shows.
const IMAGE: [&str; 8] = ["image", "file", "scan", "photo", "picture", "img", "data", "image_data"];
/// The longest name of a side, in bytes.
const SIDE_LEN: usize = 64;

type Texts = BTreeMap<String, String>;

/// Stores the images of a request, and says of each what it shows, where that is known.
pub(super) async fn receive(
    state: &State,
    req: &HttpRequest,
    payload: Payload,
    uploads: &mut Uploads,
) -> Result<Vec<Option<CaptureKind>>, Problem> {
    let limits = &state.ctx.config.limits;
    // Base64 turns three bytes into four.
    let image_limit = limits.capture_bytes.div_ceil(3) * 4;
    let body_limit = limits.json_bytes + MOST * image_limit;
    if announced_len(req).is_some_and(|len| len > body_limit) {
        return Err(too_large(body_limit));
    }
    let mut scans = Scans { uploads, sides: Vec::new(), told: None };
    let query = pairs(req.query_string(), Code::InvalidQuery)?;
    if let Some((_, side)) = query.iter().find(|(name, _)| is_in(name, &SIDE)) {
        scans.told = Some(side::told(side)?);
    }
    let media_type = media_type(req);
    if media_type == "multipart/form-data" {
        scans.multipart(Multipart::new(req.headers(), payload), image_limit).await?;
        return scans.finish();
    }
    let body = payload.map(|chunk| chunk.map_err(broken));
    if media_type == "application/json" || media_type.ends_with("+json") {
        let (_, json) = json::parse::<IgnoredAny>(&collect(body, body_limit).await?)?;
        for (name, value) in json.as_object().into_iter().flatten() {
            scans.text(name, value.as_str().unwrap_or_default()).await?;
        }
    } else if media_type == "application/x-www-form-urlencoded" {
        let body = collect(body, body_limit).await?;
        for (name, value) in pairs(&String::from_utf8_lossy(&body), Code::BadRequest)? {
            scans.text(&name, &value).await?;
        }
    } else {
        scans.image(None, body).await?;
    }
    scans.finish()
}

/// What has come so far.
struct Scans<'a> {
    uploads: &'a mut Uploads,
    /// What each image shows, if its own name says so.
    sides: Vec<Option<CaptureKind>>,
    /// What the image shows that does not say it itself.
    told: Option<CaptureKind>,
}

impl Scans<'_> {
    async fn multipart(&mut self, mut fields: Multipart, image_limit: usize) -> Result<(), Problem> {
        while let Some(field) = fields.try_next().await.map_err(malformed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.content_disposition().and_then(|head| head.get_filename()).map(str::is_empty);
            match file {
                // A browser sends a file that was not chosen as one without name and content.
                Some(true) => drop(collect(chunks(field), 0).await?),
                // Some clients mark every part as a file.
                Some(false) if !is_in(&name, &SIDE) => self.image(side::named(&name), chunks(field)).await?,
                _ => self.part(&name, field, image_limit).await?,
            }
        }
        Ok(())
    }

    /// A part that is not marked as a file: a text, or all the same an image.
    async fn part(&mut self, name: &str, field: Field, image_limit: usize) -> Result<(), Problem> {
        let limit = if is_in(name, &SIDE) { SIDE_LEN } else { image_limit };
        let bytes = collect(chunks(field), limit).await?;
        if MediaFormat::sniff(&bytes).is_some() {
            return self.image(side::named(name), whole(bytes.freeze())).await;
        }
        self.text(name, &String::from_utf8_lossy(&bytes)).await
    }

    /// A text with a name: the side, or an image in base64. Texts of other names are not for this system.
    async fn text(&mut self, name: &str, text: &str) -> Result<(), Problem> {
        let side = side::named(name);
        if text.is_empty() || side.is_none() && !is_in(name, &IMAGE) && !is_in(name, &SIDE) {
            return Ok(());
        }
        if is_in(name, &SIDE) {
            self.told = Some(side::told(text)?);
            return Ok(());
        }
        let image = data_url::decode(text).map(Bytes::from).ok_or_else(|| {
            let detail = "an image that is sent as text must be base64 or a base64 `data:` URL";
            Problem::new(Code::InvalidField, detail)
        })?;
        self.image(side, whole(image)).await
    }

    async fn image(
        &mut self,
        side: Option<CaptureKind>,
        bytes: impl Stream<Item = Result<Bytes, Problem>>,
    ) -> Result<(), Problem> {
        if self.sides.len() == MOST {
            return Err(Problem::new(
                Code::BadRequest,
                "at most three images are taken: front, back and face",
            ));
        }
        // What it shows may be told after it, and is set when it is stored.
        self.uploads.receive(side.unwrap_or(CaptureKind::DocumentFront), bytes).await?;
        self.sides.push(side);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Option<CaptureKind>>, Problem> {
        if self.sides.is_empty() {
            let detail = "no image came: send parts or base64 fields named `front`, `back` or `face`, or one \
                          `image` and its `side`";
            return Err(Problem::new(Code::BadRequest, detail));
        }
        let mut unnamed = self.sides.iter_mut().filter(|side| side.is_none());
        if let (Some(side), told @ Some(_)) = (unnamed.next(), self.told) {
            *side = told;
            if unnamed.next().is_some() {
                return Err(Problem::new(Code::BadRequest, "one `side` cannot be that of several images"));
            }
        }
        Ok(self.sides)
    }
}

fn is_in(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn whole(bytes: Bytes) -> impl Stream<Item = Result<Bytes, Problem>> {
    futures_util::stream::iter([Ok(bytes)])
}

/// The pairs of a query string or of a form.
fn pairs(text: &str, otherwise: Code) -> Result<Texts, Problem> {
    let pairs = Query::<Texts>::from_query(text).map(Query::into_inner);
    pairs.map_err(|_| Problem::new(otherwise, "names and values cannot be told apart"))
}
