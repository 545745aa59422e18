//! Finds areas of parallel bars, whatever their direction: where a barcode may be.
//!
//! Within a barcode the brightness changes across the bars and hardly along them. The structure tensor, the mean
//! of the products of both derivatives over a small cell, tells how much it changes, in which direction, and how
//! much more in that direction than in the one across it.

use std::f32::consts::{FRAC_PI_2, PI};

use image::GrayImage;

use crate::inference::Point;

/// The longer side of the picture that is looked at, in pixels at most.
const LONGEST: u32 = 1600;
/// The side of a cell in pixels of that picture.
const CELL: usize = 8;
/// The least mean squared change of brightness in a cell, in grey levels of two pixels' distance.
const LEAST_ENERGY: f32 = 120.0;
/// The least coherence of a cell: 1 where all changes have one direction, 0 where none prevails. The ends of rows
/// bring a PDF417 down to 0.5, one of flat rows to 0.3.
const LEAST_COHERENCE: f32 = 0.27;
/// The least cosine of twice the angle between neighbouring cells: 14 degrees.
const LEAST_AGREEMENT: f32 = 0.88;
/// The least length across the bars and height along them, in cells.
const LEAST_LENGTH: f32 = 6.0;
const LEAST_HEIGHT: f32 = 2.0;
/// The least part of the area's rectangle that its cells fill.
const LEAST_FILL: f32 = 0.45;
/// How many areas are kept, the largest ones.
const MOST_AREAS: usize = 6;
/// Areas may be pieces of one barcode if their directions agree within 8 degrees, they lie side by side for this
/// part of the lower one's height, and the gap between them is at most so long, as a part of the longer one.
const PIECES_AGREE: f32 = 0.96;
const PIECES_OVERLAP: f32 = 0.5;
const PIECES_GAP: f32 = 1.2;

/// An area of parallel bars, in pixels of the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    /// Its middle.
    pub(super) centre: Point,
    /// The direction across the bars in radians, from the right clockwise, more than -π/2 and at most π/2.
    pub(super) angle: f32,
    /// How long it is across the bars.
    pub(super) length: f32,
    /// How high it is along the bars.
    pub(super) height: f32,
}

/// The areas of parallel bars, the largest first.
pub(super) fn find_areas(source: &GrayImage) -> Vec<Area> {
    let factor = source.width().max(source.height()).div_ceil(LONGEST).max(1);
    let field = Field::measure(&reduced(source, factor));
    let scale = factor as f32;
    let mut areas: Vec<Area> = field
        .components()
        .iter()
        .filter_map(|cells| field.area(cells))
        .map(|area| Area {
            // Pixel centres are whole numbers, so the edges lie half a pixel further out.
            centre: Point::new((area.centre.x + 0.5) * scale - 0.5, (area.centre.y + 0.5) * scale - 0.5),
            length: area.length * scale,
            height: area.height * scale,
            angle: area.angle,
        })
        .collect();
    areas.sort_by(|a, b| (b.length * b.height).total_cmp(&(a.length * a.height)));
    areas.truncate(MOST_AREAS);
    if let Some(whole) = joined(&areas) {
        areas.insert(0, whole);
    }
    areas
}

/// The largest area with those that may be its other pieces: glare, a scratch or a worn spot part a barcode.
fn joined(areas: &[Area]) -> Option<Area> {
    let (first, others) = areas.split_first()?;
    let mut whole = *first;
    for other in others {
        let frame = whole.angle;
        let (a, b) = (whole.extent(frame), other.extent(frame));
        let gap = (a[0] - b[1]).max(b[0] - a[1]);
        let overlap = a[3].min(b[3]) - a[2].max(b[2]);
        if (2.0 * (frame - other.angle)).cos() >= PIECES_AGREE
            && overlap >= PIECES_OVERLAP * whole.height.min(other.height)
            && gap <= PIECES_GAP * whole.length.max(other.length)
        {
            whole = Area::within(frame, [a[0].min(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].max(b[3])]);
        }
    }
    (whole != *first).then_some(whole)
}

impl Area {
    /// The area between these bounds across and along the bars.
    fn within(angle: f32, [left, right, top, bottom]: [f32; 4]) -> Self {
        let (sin, cos) = angle.sin_cos();
        let (across, along) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let centre = Point::new(cos * across - sin * along, sin * across + cos * along);
        Self { centre, angle, length: right - left, height: bottom - top }
    }

    /// Its bounds across and along bars of that direction.
    fn extent(&self, angle: f32) -> [f32; 4] {
        let (sin, cos) = angle.sin_cos();
        self.corners().0.iter().fold([f32::MAX, f32::MIN, f32::MAX, f32::MIN], |bounds, point| {
            let (across, along) = (cos * point.x + sin * point.y, cos * point.y - sin * point.x);
            [bounds[0].min(across), bounds[1].max(across), bounds[2].min(along), bounds[3].max(along)]
        })
    }
}

/// The picture with each square of `factor` pixels a side made one.
pub(super) fn reduced(source: &GrayImage, factor: u32) -> GrayImage {
    if factor <= 1 {
        return source.clone();
    }
    let (width, height) = (source.width() / factor, source.height() / factor);
    let (stride, side) = (source.width() as usize, factor as usize);
    let mut sums = vec![0_u32; width as usize];
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in source.as_raw().chunks_exact(stride * side).take(height as usize) {
        sums.fill(0);
        for line in row.chunks_exact(stride) {
            for (sum, square) in sums.iter_mut().zip(line.chunks_exact(side)) {
                *sum += square.iter().map(|value| u32::from(*value)).sum::<u32>();
            }
        }
        let count = factor * factor;
        pixels.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
    }
    GrayImage::from_raw(width, height, pixels).unwrap_or_else(|| source.clone())
}

/// The structure tensor of a cell.
#[derive(Debug, Clone, Copy, Default)]
struct Tensor {
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Tensor {
    fn plus(self, other: Self) -> Self {
        Self { xx: self.xx + other.xx, yy: self.yy + other.yy, xy: self.xy + other.xy }
    }

    fn times(self, factor: f32) -> Self {
        Self { xx: self.xx * factor, yy: self.yy * factor, xy: self.xy * factor }
    }

    fn energy(self) -> f32 {
        self.xx + self.yy
    }

    /// The direction of change as a unit vector at twice its angle, and the coherence.
    fn direction(self) -> (f32, f32, f32) {
        let (cos, sin) = (self.xx - self.yy, 2.0 * self.xy);
        let length = cos.hypot(sin);
        if length <= f32::EPSILON {
            return (1.0, 0.0, 0.0);
        }
        (cos / length, sin / length, length / self.energy().max(f32::EPSILON))
    }
}

/// The tensors of a picture's cells, each the mean over its neighbourhood.
struct Field {
    columns: usize,
    rows: usize,
    tensors: Vec<Tensor>,
}

impl Field {
    fn measure(image: &GrayImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let (columns, rows) = (width / CELL, height / CELL);
        let mut tensors = vec![Tensor::default(); columns * rows];
        let pixels = image.as_raw();
        for y in 1..(rows * CELL).min(height.saturating_sub(1)) {
            let (above, here, below) =
                (&pixels[(y - 1) * width..], &pixels[y * width..], &pixels[(y + 1) * width..]);
            let cells = &mut tensors[y / CELL * columns..][..columns];
            for (column, cell) in cells.iter_mut().enumerate() {
                let (mut xx, mut yy, mut xy) = (0_i32, 0_i32, 0_i32);
                for x in (column * CELL).max(1)..((column + 1) * CELL).min(width - 1) {
                    let dx = i32::from(here[x + 1]) - i32::from(here[x - 1]);
                    let dy = i32::from(below[x]) - i32::from(above[x]);
                    xx += dx * dx;
                    yy += dy * dy;
                    xy += dx * dy;
                }
                let sum = Tensor { xx: xx as f32, yy: yy as f32, xy: xy as f32 };
                *cell = cell.plus(sum.times(1.0 / (CELL * CELL) as f32));
            }
        }
        Self { columns, rows, tensors }.smoothed()
    }

    fn smoothed(&self) -> Self {
        let mean = |index: usize| {
            let (column, row) = (index % self.columns, index / self.columns);
            let around = |place: usize, end: usize| place.saturating_sub(1)..(place + 2).min(end);
            let mut sum = Tensor::default();
            let mut count = 0.0;
            for row in around(row, self.rows) {
                for column in around(column, self.columns) {
                    sum = sum.plus(self.tensors[row * self.columns + column]);
                    count += 1.0;
                }
            }
            sum.times(1.0 / count)
        };
        let tensors = (0..self.tensors.len()).map(mean).collect();
        Self { columns: self.columns, rows: self.rows, tensors }
    }

    /// Groups of adjoining cells whose changes have nearly one direction, as indices.
    fn components(&self) -> Vec<Vec<usize>> {
        let directions: Vec<(f32, f32, f32)> = self.tensors.iter().map(|tensor| tensor.direction()).collect();
        let mut free: Vec<bool> = (self.tensors.iter().zip(&directions))
            .map(|(tensor, (_, _, coherence))| {
                tensor.energy() >= LEAST_ENERGY && *coherence >= LEAST_COHERENCE
            })
            .collect();
        let mut components = Vec::new();
        for start in 0..free.len() {
            if !std::mem::take(&mut free[start]) {
                continue;
            }
            let mut cells = vec![start];
            let mut next = 0;
            while let Some(cell) = cells.get(next).copied() {
                next += 1;
                let (cos, sin, _) = directions[cell];
                for neighbour in self.neighbours(cell) {
                    let (other_cos, other_sin, _) = directions[neighbour];
                    if free[neighbour] && cos * other_cos + sin * other_sin >= LEAST_AGREEMENT {
                        free[neighbour] = false;
                        cells.push(neighbour);
                    }
                }
            }
            components.push(cells);
        }
        components
    }

    fn neighbours(&self, cell: usize) -> impl Iterator<Item = usize> + use<> {
        let (column, row) = (cell % self.columns, cell / self.columns);
        let left = (column > 0).then(|| cell - 1);
        let right = (column + 1 < self.columns).then_some(cell + 1);
        let above = (row > 0).then(|| cell - self.columns);
        let below = (row + 1 < self.rows).then_some(cell + self.columns);
        [left, right, above, below].into_iter().flatten()
    }

    /// The rectangle around some cells, if it is large and full enough for a barcode.
    fn area(&self, cells: &[usize]) -> Option<Area> {
        let sum = cells.iter().fold(Tensor::default(), |sum, cell| sum.plus(self.tensors[*cell]));
        let (cos, sin, _) = sum.direction();
        let angle = (sin.atan2(cos) / 2.0).clamp(-FRAC_PI_2, FRAC_PI_2);
        let angle = if angle <= -FRAC_PI_2 { angle + PI } else { angle };
        let (sin, cos) = angle.sin_cos();
        let mut bounds = [f32::MAX, f32::MIN, f32::MAX, f32::MIN];
        for cell in cells {
            let x = ((cell % self.columns) as f32 + 0.5) * CELL as f32 - 0.5;
            let y = ((cell / self.columns) as f32 + 0.5) * CELL as f32 - 0.5;
            let (across, along) = (cos * x + sin * y, cos * y - sin * x);
            bounds =
                [bounds[0].min(across), bounds[1].max(across), bounds[2].min(along), bounds[3].max(along)];
        }
        let cell = CELL as f32;
        let (length, height) = (bounds[1] - bounds[0] + cell, bounds[3] - bounds[2] + cell);
        let filled = cells.len() as f32 * cell * cell;
        let fits = length >= LEAST_LENGTH * cell && height >= LEAST_HEIGHT * cell;
        if !fits || filled < LEAST_FILL * length * height {
            return None;
        }
        let half = cell / 2.0;
        let edges = [bounds[0] - half, bounds[1] + half, bounds[2] - half, bounds[3] + half];
        Some(Area::within(angle, edges))
    }
}
