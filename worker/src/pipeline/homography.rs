//! Projective maps of the plane: what a camera does to a flat document.

use crate::inference::{Point, Quad};

/// A projective map in homogeneous coordinates, up to a factor.
#[derive(Debug, Clone, Copy)]
pub struct Homography([[f64; 3]; 3]);

impl Homography {
    /// Leaves every point where it is.
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// An affine map: each coordinate is `a * x + b * y + c`.
    pub fn affine(x: [f32; 3], y: [f32; 3]) -> Self {
        Self([x.map(f64::from), y.map(f64::from), [0.0, 0.0, 1.0]])
    }

    /// Maps the unit square, clockwise from (0, 0) with y downwards, to a convex quadrilateral (Heckbert,
    /// Fundamentals of Texture Mapping and Image Warping, 1989). `None` if three of its corners lie on a line.
    pub fn from_unit_square(quad: Quad) -> Option<Self> {
        let [p0, p1, p2, p3] = quad.0.map(|p| (f64::from(p.x), f64::from(p.y)));
        let (ax, ay) = (p1.0 - p2.0, p1.1 - p2.1);
        let (bx, by) = (p3.0 - p2.0, p3.1 - p2.1);
        let (sx, sy) = (p0.0 - p1.0 + p2.0 - p3.0, p0.1 - p1.1 + p2.1 - p3.1);
        let determinant = ax * by - bx * ay;
        let size = ax.abs() + ay.abs() + bx.abs() + by.abs();
        if determinant.abs().is_nan() || determinant.abs() <= 1e-9 * size * size {
            return None;
        }
        let g = (sx * by - bx * sy) / determinant;
        let h = (ax * sy - sx * ay) / determinant;
        Some(Self([
            [p1.0 - p0.0 + g * p1.0, p3.0 - p0.0 + h * p3.0, p0.0],
            [p1.1 - p0.1 + g * p1.1, p3.1 - p0.1 + h * p3.1, p0.1],
            [g, h, 1.0],
        ]))
    }

    /// Where a point is mapped to.
    pub fn map(&self, point: Point) -> Point {
        let (x, y) = (f64::from(point.x), f64::from(point.y));
        let [u, v, w] = self.0.map(|[a, b, c]| a * x + b * y + c);
        // Only points on the horizon have no image; a page never reaches it.
        let w = if w.abs() < 1e-12 { 1e-12_f64.copysign(w) } else { w };
        Point::new((u / w) as f32, (v / w) as f32)
    }

    /// First `step`, then this map.
    pub fn after(&self, step: &Self) -> Self {
        Self(self.0.map(|row| std::array::from_fn(|column| (0..3).map(|k| row[k] * step.0[k][column]).sum())))
    }

    /// The map back. Pages are never flattened to a line, so there is one.
    pub fn inverse(&self) -> Self {
        let m = &self.0;
        // The adjugate is the inverse up to a factor, which homogeneous coordinates do not see.
        let minor = |row: usize, column: usize| {
            let (r, s) = ((row + 1) % 3, (row + 2) % 3);
            let (c, d) = ((column + 1) % 3, (column + 2) % 3);
            m[r][c] * m[s][d] - m[r][d] * m[s][c]
        };
        Self(std::array::from_fn(|row| std::array::from_fn(|column| minor(column, row))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn corner(x: f32, y: f32) -> impl Strategy<Value = Point> {
        (-0.2_f32..0.2, -0.2_f32..0.2)
            .prop_map(move |(dx, dy)| Point::new((x + dx) * 3000.0, (y + dy) * 3000.0))
    }

    proptest! {
        #[test]
        fn the_unit_square_becomes_the_quadrilateral_and_back(
            quad in (corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0)),
            inside in (0.0_f32..1.0, 0.0_f32..1.0),
        ) {
            let quad = Quad([quad.0, quad.1, quad.2, quad.3]);
            let map = Homography::from_unit_square(quad).unwrap();
            let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
            for ((x, y), corner) in square.into_iter().zip(quad.0) {
                prop_assert!(map.map(Point::new(x, y)).distance(corner) < 0.01);
            }
            let point = Point::new(inside.0, inside.1);
            prop_assert!(map.inverse().map(map.map(point)).distance(point) < 1e-4);
            prop_assert!(map.inverse().after(&map).map(point).distance(point) < 1e-4);
        }
    }

    #[test]
    fn corners_on_a_line_give_no_map() {
        let line = [0.0, 1.0, 2.0, 3.0].map(|at| Point::new(at, at));
        assert!(Homography::from_unit_square(Quad(line)).is_none());
    }
}
