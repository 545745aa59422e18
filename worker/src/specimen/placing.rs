//! Where a page lies in the photograph: turned, tilted and seen through a pinhole.

use imageproc::geometric_transformations::Projection;

use super::{
    Degrade, SpecimenError,
    portable::{length, sin_cos},
};

/// The room about the page, in parts of its width.
const MARGIN: f32 = 0.05;
/// No photograph is larger than this on one side: a page seen along its plane would be.
const MOST_PIXELS: f32 = 16_000.0;

/// A photograph's size, and how the page's pixels come to lie in it.
pub(super) struct Placing {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) projection: Projection,
}

/// Places a page of that size. The photograph is scaled so that the zone, given by its left, top, right and bottom,
/// is as high in it as on the page: the mean over its two ends.
pub(super) fn place(
    degrade: &Degrade,
    (width, height): (u32, u32),
    [left, top, right, bottom]: [f32; 4],
) -> Result<Placing, SpecimenError> {
    let (width, height) = (width as f32, height as f32);
    let refused = SpecimenError::Perspective(degrade.tilt_deg);
    let Some(view) = view(degrade, width, height) else { return Err(refused) };
    let side = |x: f32| {
        let ((x0, y0), (x1, y1)) = (view * (x, top), view * (x, bottom));
        length(x1 - x0, y1 - y0)
    };
    let scale = (bottom - top) / ((side(left) + side(right)) / 2.0);
    let seen = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|corner| {
        let (x, y) = view * corner;
        (x * scale, y * scale)
    });
    let least = |of: fn(&(f32, f32)) -> f32| seen.iter().map(of).fold(f32::INFINITY, f32::min);
    let most = |of: fn(&(f32, f32)) -> f32| seen.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
    let margin = MARGIN * width;
    let (x, y) = (least(|p| p.0) - margin, least(|p| p.1) - margin);
    let photo = [most(|p| p.0) + margin - x, most(|p| p.1) + margin - y];
    if photo.iter().any(|side| !(1.0..=MOST_PIXELS).contains(side)) {
        return Err(refused);
    }
    Ok(Placing {
        width: photo[0].ceil() as u32,
        height: photo[1].ceil() as u32,
        projection: view.and_then(Projection::scale(scale, scale)).and_then(Projection::translate(-x, -y)),
    })
}

/// How the camera sees the page's plane: from the page's pixels to pixels from the middle of the picture.
fn view(degrade: &Degrade, width: f32, height: f32) -> Option<Projection> {
    let (rotation, recedes) = (degrade.rotation_deg.to_radians(), degrade.recedes_deg.to_radians());
    let (sine, cosine) = sin_cos(degrade.tilt_deg.to_radians());
    // Lengths are in widths of the page. Along the direction in which it recedes, the page is foreshortened and goes
    // away; across it, nothing changes.
    let tilted = [cosine, 0.0, 0.0, 0.0, 1.0, 0.0, sine / degrade.distance, 0.0, 1.0];
    Some(
        Projection::translate(-width / 2.0, -height / 2.0)
            .and_then(Projection::scale(1.0 / width, 1.0 / width))
            .and_then(rotated(rotation - recedes)?)
            .and_then(Projection::from_matrix(tilted)?)
            .and_then(rotated(recedes)?)
            .and_then(Projection::scale(width, width)),
    )
}

/// A turn by an angle in radians, clockwise.
fn rotated(angle: f32) -> Option<Projection> {
    let (sine, cosine) = sin_cos(angle);
    Projection::from_matrix([cosine, -sine, 0.0, sine, cosine, 0.0, 0.0, 0.0, 1.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Light;

    fn oblique(tilt_deg: f32, recedes_deg: f32) -> Degrade {
        Degrade {
            glare: None,
            rotation_deg: 3.0,
            tilt_deg,
            recedes_deg,
            distance: 2.0,
            light: Light::EVEN,
            blur_px: 0.0,
            noise: 0.0,
            jpeg_quality: None,
            seed: 1,
        }
    }

    #[test]
    fn the_zone_keeps_its_mean_height_and_the_page_stays_in_the_picture() {
        for recedes_deg in [0.0, 70.0, 135.0, 260.0] {
            let zone = [40.0, 480.0, 660.0, 540.0];
            let placing = place(&oblique(20.0, recedes_deg), (700, 560), zone).unwrap();
            let height = |x: f32| {
                let ((x0, y0), (x1, y1)) = (placing.projection * (x, 480.0), placing.projection * (x, 540.0));
                (x1 - x0).hypot(y1 - y0)
            };
            assert!(((height(40.0) + height(660.0)) / 2.0 - 60.0).abs() < 0.1);
            for corner in [(0.0, 0.0), (700.0, 0.0), (700.0, 560.0), (0.0, 560.0)] {
                let (x, y) = placing.projection * corner;
                assert!((30.0..=placing.width as f32 - 30.0).contains(&x), "{recedes_deg}: {x}");
                assert!((30.0..=placing.height as f32 - 30.0).contains(&y), "{recedes_deg}: {y}");
            }
        }
    }

    #[test]
    fn what_recedes_is_smaller() {
        let placing = place(&oblique(20.0, 0.0), (700, 560), [40.0, 480.0, 660.0, 540.0]).unwrap();
        let length = |from: (f32, f32), to: (f32, f32)| {
            let ((x0, y0), (x1, y1)) = (placing.projection * from, placing.projection * to);
            (x1 - x0).hypot(y1 - y0)
        };
        let (near, far) = (length((0.0, 0.0), (0.0, 560.0)), length((700.0, 0.0), (700.0, 560.0)));
        // The page is at 1.83 and 2.17 widths from the camera.
        assert!((near / far - 2.171 / 1.829).abs() < 0.01, "{near} {far}");
    }
}
