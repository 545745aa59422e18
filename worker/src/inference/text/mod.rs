//! Reads text: a detector finds words, layout analysis joins them into lines, and a recogniser reads each line
//! from a straightened strip. Only this module names the runtime of these networks.

mod case;
mod ctc;
mod detect;
mod letters;
mod line;
mod merge;
mod network;
mod recognize;
mod spent;
mod strip;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{GrayImage, RgbImage};
use ocrs::{OcrEngine, OcrEngineParams};

pub use ctc::Character;
pub use detect::DetectorKind;
pub use line::{Line, Word};
pub use spent::{ReadingStep, Spent};

use super::{Fault, TextLine, TextReader};
use detect::Detector;
use recognize::LineRecognizer;

/// A model file: the manifest's name for it and its bytes.
pub struct ModelFile<'a> {
    /// The manifest's name.
    pub name: &'a str,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// Everything that reads text.
pub struct TextModels {
    detector: Detector,
    recognizer: LineRecognizer,
    second: Option<LineRecognizer>,
    mrz: Option<LineRecognizer>,
    spent: Spent,
}

impl TextModels {
    /// Loads a detector, a recogniser for printed text and, where there are such, a second one for the lines that the first
    /// is unsure of, and one for machine-readable zones, each with its alphabet.
    pub fn load(
        (kind, detector): (DetectorKind, ModelFile<'_>),
        recognizer: (ModelFile<'_>, &str),
        second: Option<(ModelFile<'_>, &str)>,
        mrz: Option<(ModelFile<'_>, &str)>,
    ) -> Result<Self, Fault> {
        let load =
            |(file, alphabet): (ModelFile<'_>, &str)| LineRecognizer::load(file.name, file.bytes, alphabet);
        Ok(Self {
            detector: Detector::load(kind, detector.name, detector.bytes)?,
            recognizer: load(recognizer)?,
            second: second.map(load).transpose()?,
            mrz: mrz.map(load).transpose()?,
            spent: Spent::default(),
        })
    }

    /// What reading has taken so far.
    pub fn spent(&self) -> &Spent {
        &self.spent
    }

    /// Whether machine-readable zones can be read.
    pub fn reads_mrz(&self) -> bool {
        self.mrz.is_some()
    }

    /// The words of a page, in no order.
    pub fn words(&self, page: &GrayImage) -> Result<Vec<Word>, Fault> {
        self.spent.on(ReadingStep::Find, || self.detector.words(page))
    }

    /// Joins the words of an upright page into lines, in reading order.
    pub fn lines(&self, words: &[Word]) -> Result<Vec<Line>, Fault> {
        let fault = |cause: String| Fault::Inference { model: "text layout".to_owned(), cause };
        let rects: Vec<_> = words.iter().copied().map(Word::to_rect).collect();
        let group = AssertUnwindSafe(|| {
            let engine = OcrEngine::new(OcrEngineParams::default())?;
            let blank = engine.prepare_input(ocrs::ImageSource::from_bytes(&[0], (1, 1))?)?;
            Ok::<_, Box<dyn std::error::Error>>(engine.find_text_lines(&blank, &rects))
        });
        let grouped = self.spent.on(ReadingStep::Find, || catch_unwind(group));
        let grouped = grouped.map_err(|_| fault("it panicked".to_owned()))?;
        let grouped = grouped.map_err(|error| fault(error.to_string()))?;
        Ok(grouped
            .into_iter()
            .filter_map(|rects| Line::through(&rects.into_iter().map(Word::upright).collect::<Vec<_>>()))
            .collect())
    }

    /// Reads a line of printed text; `None` if nothing is there.
    pub fn read_line(&self, page: &GrayImage, line: &Line) -> Result<Option<TextLine>, Fault> {
        let characters = self.spent.on(ReadingStep::ReadText, || self.characters(page, line))?;
        Ok(text_line(line, &characters))
    }

    /// Reads a line with the first recogniser alone: enough to tell whether it makes sense.
    pub fn glance_at_line(&self, page: &GrayImage, line: &Line) -> Result<Option<TextLine>, Fault> {
        let characters = self.spent.on(ReadingStep::ReadText, || self.recognizer.read(page, line))?;
        Ok(text_line(line, &characters))
    }

    /// The characters of a line of printed text.
    fn characters(&self, page: &GrayImage, line: &Line) -> Result<Vec<Character>, Fault> {
        let first = self.recognizer.read(page, line)?;
        match &self.second {
            Some(second) if !merge::is_sure(&first) => Ok(merge::merged(&first, &second.read(page, line)?)),
            _ => Ok(first),
        }
    }

    /// Reads a line of a machine-readable zone; nothing without the model for it.
    pub fn read_mrz_line(&self, page: &GrayImage, line: &Line) -> Result<Vec<Character>, Fault> {
        let read = || self.mrz.as_ref().map_or_else(|| Ok(Vec::new()), |mrz| mrz.read(page, line));
        self.spent.on(ReadingStep::ReadZone, read)
    }
}

/// The text of a line's characters; `None` if there is none.
fn text_line(line: &Line, characters: &[Character]) -> Option<TextLine> {
    let mut text = String::new();
    let mut word = 0;
    for character in characters {
        // Recognisers drop spaces, so a step from one detected word to the next makes one.
        let here = line.word_at(character.place);
        if here > word && !text.ends_with(' ') {
            text.push(' ');
        }
        word = word.max(here);
        if character.best != ' ' || !text.ends_with(' ') {
            text.push(character.best);
        }
    }
    let text = case::evened(text.trim());
    let confidence = characters.iter().map(|c| c.probability).sum::<f32>() / characters.len().max(1) as f32;
    (!text.is_empty()).then(|| TextLine { text, quad: line.quad(), confidence })
}

impl TextReader for TextModels {
    fn read(&self, image: &RgbImage) -> Result<Vec<TextLine>, Fault> {
        let page = luma(image);
        let lines = self.lines(&self.words(&page)?)?;
        let read: Result<Vec<_>, Fault> = lines.iter().map(|line| self.read_line(&page, line)).collect();
        Ok(read?.into_iter().flatten().collect())
    }
}

/// The luma of ITU-R BT.601, which the networks were trained on.
pub fn luma(image: &RgbImage) -> GrayImage {
    let luma = |pixel: &image::Rgb<u8>| {
        let [red, green, blue] = pixel.0.map(u32::from);
        ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
    };
    GrayImage::from_fn(image.width(), image.height(), |x, y| image::Luma([luma(image.get_pixel(x, y))]))
}
