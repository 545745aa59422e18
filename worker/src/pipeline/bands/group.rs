//! Which bands together may be a zone: two or three of one length, close under each other.

use crate::inference::Rect;

/// How far the ends of lines may lie apart, as a part of their length: glare hides some of them.
const ENDS_APART: f32 = 0.12;
/// How far the middles of neighbouring lines lie apart, in heights of a band.
const MIDDLES_APART: std::ops::RangeInclusive<f32> = 1.1..=3.8;
/// How much higher one band may be than the other.
const HEIGHTS_APART: f32 = 2.0;
/// A zone has at most so many lines.
const MOST_LINES: usize = 3;

/// A level strip of dense contrast, in pixels of the map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) top: f32,
    pub(super) bottom: f32,
}

impl Band {
    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(super) fn rect(&self) -> Rect {
        Rect { left: self.left, top: self.top, right: self.right, bottom: self.bottom }
    }

    /// Whether the other band may be the next line of the same zone.
    fn is_followed_by(&self, next: &Self) -> bool {
        let length = (self.right - self.left).max(next.right - next.left);
        let apart = (next.top + next.bottom - self.top - self.bottom) / 2.0;
        let (low, high) = (self.height().min(next.height()), self.height().max(next.height()));
        (self.left - next.left).abs() <= ENDS_APART * length
            && (self.right - next.right).abs() <= ENDS_APART * length
            && MIDDLES_APART.contains(&(apart / ((low + high) / 2.0)))
            && high <= HEIGHTS_APART * low
    }
}

/// The groups among bands that are in order from top to bottom. All lines of a group begin and end where the outermost of
/// them does.
pub(super) fn grouped(bands: &[Band]) -> Vec<Vec<Band>> {
    let mut groups: Vec<Vec<Band>> = Vec::new();
    for (index, first) in bands.iter().enumerate() {
        let mut group = vec![*first];
        for next in &bands[index + 1..] {
            if group.len() < MOST_LINES && group[group.len() - 1].is_followed_by(next) {
                group.push(*next);
            }
        }
        if group.len() > 1 {
            groups.push(aligned(group));
        }
    }
    groups
}

fn aligned(mut group: Vec<Band>) -> Vec<Band> {
    let left = group.iter().map(|band| band.left).fold(f32::MAX, f32::min);
    let right = group.iter().map(|band| band.right).fold(f32::MIN, f32::max);
    group.iter_mut().for_each(|band| (band.left, band.right) = (left, right));
    group
}
