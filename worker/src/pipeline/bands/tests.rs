use image::{GrayImage, Luma};

use super::*;

/// A grey page with lines of upright strokes that begin at x = 150 and end at x = 1050, 24 pixels high, at these heights
/// in the middle of the page, and slope by so many degrees.
fn page(heights: &[f32], degrees: f32) -> GrayImage {
    let slope = degrees.to_radians().tan();
    GrayImage::from_fn(1200, 800, |x, y| {
        let level = y as f32 - (x as f32 - 600.0) * slope;
        let is_line = heights.iter().any(|middle| (level - middle).abs() < 12.0);
        let is_stroke = (150..1050).contains(&x) && x % 9 < 3;
        Luma([if is_line && is_stroke { 40 } else { 190 }])
    })
}

#[test]
fn lines_of_one_length_close_under_each_other_are_found_at_any_slope() {
    for degrees in [0.0_f32, 4.3, -11.0, 24.0] {
        let groups = zone_lines(&page(&[500.0, 550.0], degrees), Paper::Quiet, Print::Small);
        let lines = groups.first().unwrap_or_else(|| panic!("nothing at {degrees} degrees"));
        assert_eq!(lines.len(), 2, "{degrees}");
        for (quad, middle) in lines.iter().zip([500.0, 550.0]) {
            let [a, b, c, d] = quad.0;
            let slope = degrees.to_radians().tan();
            for (point, x, side) in
                [(a, 150.0, -12.0), (b, 1050.0, -12.0), (c, 1050.0, 12.0), (d, 150.0, 12.0)]
            {
                let y = middle + (x - 600.0) * slope + side;
                assert!(
                    (point.x - x).abs() < 15.0 && (point.y - y).abs() < 4.0,
                    "{degrees}: {point:?} for {x}, {y}"
                );
            }
        }
    }
}

#[test]
fn a_line_alone_and_an_empty_page_are_no_zone() {
    assert!(zone_lines(&page(&[500.0], 0.0), Paper::Quiet, Print::Small).is_empty());
    assert!(zone_lines(&page(&[], 0.0), Paper::Quiet, Print::Small).is_empty());
    for (width, height) in [(1, 1), (2, 900), (900, 2), (3000, 3)] {
        assert!(
            zone_lines(&GrayImage::new(width, height), Paper::Quiet, Print::Small).is_empty(),
            "{width} x {height}"
        );
    }
}
