//! The picture of what a run has found: drawn with the report, stored like a capture.

use bytes::Bytes;
use idv_common::blob::{self, BlobKey};
use idv_common::crypto::SecretKey;
use idv_common::db::captures::{Evidence, key_context};
use idv_common::domain::{CaptureId, MediaFormat, Private, TenantId};
use idv_common::{Context, hex};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageError, RgbImage};
use sha2::{Digest, Sha256};

/// A picture as a PNG file. It shows the document, the person and everything that was read.
#[derive(Debug)]
pub struct Drawing {
    png: Private<Bytes>,
    width: u32,
    height: u32,
}

impl Drawing {
    /// Encodes a picture.
    pub fn of(picture: &RgbImage) -> Result<Self, ImageError> {
        let (width, height) = picture.dimensions();
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive).write_image(
            picture.as_raw(),
            width,
            height,
            ExtendedColorType::Rgb8,
        )?;
        Ok(Self { png: Private(png.into()), width, height })
    }
}

/// Writes a drawing into the object store. Its row belongs to the transaction that ends the run: what a crash leaves
/// before that is an object whose key nobody has, and the sweep removes it.
pub(crate) async fn store(
    ctx: &Context,
    tenant: &TenantId,
    tenant_key: &SecretKey,
    drawing: Drawing,
) -> Result<Evidence, blob::Error> {
    let Drawing { png: Private(png), width, height } = drawing;
    let (id, key) = (CaptureId::generate(), SecretKey::generate());
    let (bytes, sha256) = (png.len(), hex(&Sha256::digest(&png)));
    let mut writer = ctx.blobs.writer(&BlobKey::Capture(tenant.clone(), id.clone()), &key);
    if let Err(error) = writer.write(png).await {
        writer.abort().await;
        return Err(error);
    }
    writer.finish().await?;
    Ok(Evidence {
        wrapped_key: tenant_key.wrap(&key, &key_context(&id)),
        id,
        tenant_id: tenant.clone(),
        content_type: MediaFormat::Png,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        width: i32::try_from(width).unwrap_or(i32::MAX),
        height: i32::try_from(height).unwrap_or(i32::MAX),
        sha256,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn a_stored_drawing_opens_with_its_own_key_and_is_the_picture() {
        let (_folder, ctx) = testing::embedded().await;
        let picture = RgbImage::from_fn(70, 40, |x, y| image::Rgb([x as u8, y as u8, 7]));
        let (tenant, tenant_key) = (TenantId::generate(), SecretKey::generate());
        let row = store(&ctx, &tenant, &tenant_key, Drawing::of(&picture).unwrap()).await.unwrap();
        assert_eq!((row.width, row.height, row.content_type), (70, 40, MediaFormat::Png));
        let key = tenant_key.unwrap(&row.wrapped_key, &key_context(&row.id)).unwrap();
        let png = ctx.blobs.get(&BlobKey::Capture(tenant, row.id), &key).await.unwrap();
        assert_eq!((png.len() as i64, hex(&Sha256::digest(&png))), (row.bytes, row.sha256));
        assert_eq!(image::load_from_memory(&png).unwrap().into_rgb8(), picture);
    }

    #[test]
    fn a_drawing_does_not_print_itself() {
        let drawing = Drawing::of(&RgbImage::new(1, 1)).unwrap();
        assert!(format!("{drawing:?}").contains("[private]"));
    }
}
