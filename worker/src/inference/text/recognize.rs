//! Line recognisers: a strip in, characters out.

use image::GrayImage;
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::ctc::{Character, decode};
use super::line::Line;
use super::network::Network;
use super::strip::Strip;
use crate::inference::Fault;

/// Strips are never made wider than this: beyond it a "line" is a detector's mistake.
const MAX_WIDTH: usize = 2400;
/// Widths are rounded up to this, the least common multiple of the networks' strides.
const WIDTH_STEP: usize = 8;
/// What fills the strip up behind its end.
const BLACK: f32 = -0.5;

/// A network of kind `ctc-lines`: input `[1, 1, height, width]`, grey, -0.5 to 0.5, height fixed in the file;
/// output `[time, 1, class]`, log-probabilities, class 0 the blank, class `i` the `i`-th character.
pub(super) struct LineRecognizer {
    network: Network,
    height: usize,
    alphabet: Vec<char>,
}

impl LineRecognizer {
    pub(super) fn load(name: &str, bytes: Vec<u8>, alphabet: &str) -> Result<Self, Fault> {
        let network = Network::load(name, bytes)?;
        let height = network.fixed_dimension(2).ok_or_else(|| Fault::Model {
            model: name.to_owned(),
            cause: "its input has no fixed height".to_owned(),
        })?;
        Ok(Self { network, height, alphabet: alphabet.chars().collect() })
    }

    /// The line's characters. Their places are on the line's axis: 0 is its start, 1 its end.
    pub(super) fn read(&self, page: &GrayImage, line: &Line) -> Result<Vec<Character>, Fault> {
        let strip = Strip::cut(page, line, self.height, MAX_WIDTH);
        let width = strip.width.next_multiple_of(WIDTH_STEP);
        let mut input = NdTensor::full([1, 1, strip.height, width], BLACK);
        for (row, pixels) in strip.pixels.chunks_exact(strip.width).enumerate() {
            for (column, value) in pixels.iter().enumerate() {
                input[[0, 0, row, column]] = *value;
            }
        }
        let output = self.network.run::<3>(input)?;
        let classes = output.size(2);
        if classes != self.alphabet.len() + 1 {
            let cause = format!("it has {classes} classes for {} characters", self.alphabet.len());
            return Err(self.network.fault(cause));
        }
        let padded = width as f32 / strip.width as f32;
        let mut characters = decode(&output, &self.alphabet);
        for character in &mut characters {
            character.place = strip.place(character.place * padded);
        }
        Ok(characters)
    }
}
