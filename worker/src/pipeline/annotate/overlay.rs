//! Regions and fields drawn into a capture: a region with its text where there is room, a field with its number.

use idv_common::domain::Region;
use image::{Rgb, RgbImage};

use super::fields::Mark;
use super::write_boxed;
use crate::{
    drawing::{Lettering, Typeface, disc, stroke},
    inference::{Point, Rect},
};

/// The space between a label's edge and its text.
pub(super) const PADDING: f32 = 3.0;
/// The smallest capital letters that are readable on a screen, in pixels.
const MIN_CAPITALS: f32 = 7.0;
/// The largest capital letters of a label.
const MAX_CAPITALS: f32 = 12.0;
const WHITE: Rgb<u8> = Rgb([255; 3]);

/// The space about a number at a field.
const CHIP: f32 = 1.0;

/// A capture that is being drawn into. Labels wait until every region is known, so that none covers another.
pub(super) struct Overlay<'a> {
    image: RgbImage,
    /// Across and down: from the capture's pixels to the picture's.
    scale: [f32; 2],
    regions: Vec<(&'a Region, Rgb<u8>)>,
    marks: Vec<Mark<'a>>,
}

/// A text for which there was no room, to be listed below.
pub(super) struct Unplaced {
    /// The text.
    pub(super) text: String,
    /// What it is listed under; 0 until it is marked.
    pub(super) number: usize,
    at: Point,
    colour: Rgb<u8>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(image: RgbImage, scale: [f32; 2], marks: Vec<Mark<'a>>) -> Self {
        Self { image, scale, regions: Vec::new(), marks }
    }

    /// Adds a region, unless another check brought it already.
    pub(super) fn add(&mut self, region: &'a Region, colour: Rgb<u8>) {
        let known = |(other, _): &(&Region, _)| other.label == region.label && other.points == region.points;
        if !region.points.is_empty() && !self.regions.iter().any(known) {
            self.regions.push((region, colour));
        }
    }

    /// Draws everything; returns the picture and the texts without room.
    pub(super) fn finish(mut self) -> (RgbImage, Vec<Unplaced>) {
        let regions = std::mem::take(&mut self.regions);
        for (region, colour) in &regions {
            self.outline(region, *colour);
        }
        let fields = self.draw_marks();
        let is_field = |bounds: &Rect| fields.boxes.iter().any(|field| covers(bounds, field));
        let mut taken: Vec<Rect> = regions.iter().filter_map(|(region, _)| self.obstacle(region)).collect();
        taken.extend(fields.boxes.iter().chain(&fields.numbers).copied());
        let mut unplaced = Vec::new();
        for (region, colour) in &regions {
            let Some(text) = label_text(region) else { continue };
            let bounds = bounds(&self.scaled(&region.points));
            // The table of fields says what stands there.
            if region.label == "text" && is_field(&bounds) {
                continue;
            }
            match self.room_for(&text, bounds, &taken) {
                Some((area, lettering)) => {
                    write_boxed(&mut self.image, area, lettering, *colour, &text);
                    taken.push(area);
                }
                None => unplaced.push(Unplaced {
                    text,
                    number: 0,
                    at: Point::new(bounds.left, (bounds.top + bounds.bottom) / 2.0),
                    colour: *colour,
                }),
            }
        }
        (self.image, unplaced)
    }

    /// Outlines the fields, and puts its number at each.
    fn draw_marks(&mut self) -> Drawn {
        let marks = std::mem::take(&mut self.marks);
        let boxes: Vec<Rect> = marks.iter().map(|mark| bounds(&self.scaled(mark.points))).collect();
        for mark in &marks {
            let points = self.scaled(mark.points);
            stroke(&mut self.image, &points, true, 1.8, mark.colour(), 1.0);
        }
        let mut numbers = Vec::new();
        for (mark, field) in marks.iter().zip(&boxes) {
            let lettering = Lettering::new(Typeface::SansBold, 8.0, WHITE);
            let text = mark.text();
            let area = self.room_for_number(lettering.width(&text), *field, &boxes, &numbers);
            write_boxed(&mut self.image, area, lettering, mark.colour(), &text);
            numbers.push(area);
        }
        Drawn { boxes, numbers }
    }

    /// A place for a number at a field: free if there is one, else on the field's beginning.
    fn room_for_number(&self, width: f32, field: Rect, boxes: &[Rect], numbers: &[Rect]) -> Rect {
        let (width, height) = (width + 2.0 * PADDING, 13.0);
        let middle = (field.top + field.bottom - height) / 2.0;
        let area = |left: f32, top: f32| Rect { left, top, right: left + width, bottom: top + height };
        let places = [
            area(field.left, field.top - height - CHIP),
            area(field.left, field.bottom + CHIP),
            area(field.left - width - CHIP, middle),
            area(field.right + CHIP, middle),
            area(field.right - width, field.top - height - CHIP),
            area(field.right - width, field.bottom + CHIP),
        ];
        let free = |area: &&Rect| {
            self.contains(area) && !boxes.iter().chain(numbers).any(|other| overlap(area, other))
        };
        let edge = |at: f32, length: f32, size: u32| at.min(size as f32 - length).max(0.0);
        let within = || {
            let left = edge(field.left, width, self.image.width());
            area(left, edge(field.top, height, self.image.height()))
        };
        places.iter().find(free).copied().unwrap_or_else(within)
    }

    fn scaled(&self, points: &[[f32; 2]]) -> Vec<Point> {
        points.iter().map(|[x, y]| Point::new(x * self.scale[0], y * self.scale[1])).collect()
    }

    fn outline(&mut self, region: &Region, colour: Rgb<u8>) {
        let points = self.scaled(&region.points);
        if region.label == "landmarks" {
            for point in points {
                disc(&mut self.image, point, 3.5, WHITE);
                disc(&mut self.image, point, 2.5, colour);
            }
        } else {
            let width = if region.label == "text" { 1.2 } else { 2.4 };
            stroke(&mut self.image, &points, true, width, colour, 0.9);
        }
    }

    /// What a label must not cover. A face is tall, and a document holds all the rest: labels may reach into these
    /// rather than get lost.
    fn obstacle(&self, region: &Region) -> Option<Rect> {
        let bounds = bounds(&self.scaled(&region.points));
        (!["face", "document"].contains(&region.label.as_str())).then_some(bounds)
    }

    /// A free place above, below, right or left of a region, with the largest lettering that fits.
    fn room_for(&self, text: &str, bounds: Rect, taken: &[Rect]) -> Option<(Rect, Lettering)> {
        let wanted = (0.6 * bounds.height()).clamp(MIN_CAPITALS, MAX_CAPITALS);
        [wanted, (wanted + MIN_CAPITALS) / 2.0, MIN_CAPITALS].into_iter().find_map(|capitals| {
            let lettering = Lettering::new(Typeface::SansBold, capitals, WHITE);
            let (width, height) = (lettering.width(text) + 2.0 * PADDING, 1.3 * capitals + 2.0 * PADDING);
            let middle = (bounds.top + bounds.bottom - height) / 2.0;
            let corners = [
                (bounds.left, bounds.top - height - 2.0),
                (bounds.left, bounds.bottom + 2.0),
                (bounds.right + 3.0, middle),
                (bounds.left - width - 3.0, middle),
                (bounds.right - width, bounds.top - height - 2.0),
            ];
            let areas =
                corners.map(|(left, top)| Rect { left, top, right: left + width, bottom: top + height });
            let free = |area: &Rect| self.contains(area) && !taken.iter().any(|other| overlap(area, other));
            areas.into_iter().find(free).map(|area| (area, lettering))
        })
    }

    fn contains(&self, area: &Rect) -> bool {
        area.left >= 0.0
            && area.top >= 0.0
            && area.right <= self.image.width() as f32
            && area.bottom <= self.image.height() as f32
    }
}

impl Unplaced {
    /// Gives it a number, and puts that on the region's left end.
    pub(super) fn mark(&mut self, image: &mut RgbImage, number: usize) {
        self.number = number;
        let text = number.to_string();
        let lettering = Lettering::new(Typeface::SansBold, MIN_CAPITALS, WHITE);
        let width = lettering.width(&text) + 2.0 * PADDING;
        let area = Rect {
            left: (self.at.x - width - 1.0).max(0.0),
            top: self.at.y - 7.0,
            right: (self.at.x - 1.0).max(width),
            bottom: self.at.y + 7.0,
        };
        write_boxed(image, area, lettering, self.colour, &text);
    }
}

/// Where fields and their numbers were drawn.
struct Drawn {
    boxes: Vec<Rect>,
    numbers: Vec<Rect>,
}

/// What is written beside a region: the text that was read there, or what it is and how sure that is.
fn label_text(region: &Region) -> Option<String> {
    match (&region.text, region.confidence) {
        // What a barcode holds is too long.
        (Some(_), _) if ["pdf417", "qr_code"].contains(&region.label.as_str()) => Some(region.label.clone()),
        (Some(text), _) => Some(text.to_string()).filter(|text| !text.trim().is_empty()),
        // A document's outline is seen for what it is.
        (None, _) if ["landmarks", "document"].contains(&region.label.as_str()) => None,
        (None, Some(confidence)) => Some(format!("{} {confidence:.2}", region.label)),
        (None, None) => Some(region.label.clone()),
    }
}

fn bounds(points: &[Point]) -> Rect {
    let start =
        Rect { left: f32::INFINITY, top: f32::INFINITY, right: f32::NEG_INFINITY, bottom: f32::NEG_INFINITY };
    points.iter().fold(start, |bounds, point| Rect {
        left: bounds.left.min(point.x),
        top: bounds.top.min(point.y),
        right: bounds.right.max(point.x),
        bottom: bounds.bottom.max(point.y),
    })
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/// Whether most of a line of print belongs to a field.
fn covers(line: &Rect, field: &Rect) -> bool {
    let shared = Rect {
        left: line.left.max(field.left),
        top: line.top.max(field.top),
        right: line.right.min(field.right),
        bottom: line.bottom.min(field.bottom),
    };
    shared.area() > 0.5 * line.area()
}
