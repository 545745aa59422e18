//! Reason codes: stable names for why a check or a decision is not a plain pass.

use super::names::names;

names! {
    /// Why an outcome is not a plain pass. Codes are never renamed; new ones may be added.
    ReasonCode {
        /// The image is out of focus or smeared.
        ImageBlurry = "image_blurry",
        /// The image, or what matters in it, has too few pixels.
        ImageTooSmall = "image_too_small",
        /// The image has more pixels than are decoded.
        ImageTooLarge = "image_too_large",
        /// A reflection covers part of the document.
        ImageGlare = "image_glare",
        /// The picture was taken in too little light.
        ImageTooDark = "image_too_dark",
        /// The picture is overexposed.
        ImageTooBright = "image_too_bright",
        /// The file announces an image but cannot be decoded.
        FileCorrupt = "file_corrupt",
        /// The file is none of the accepted formats.
        FileTypeUnsupported = "file_type_unsupported",
        /// A capture that the policy needs was not uploaded.
        CaptureMissing = "capture_missing",
        /// A side of the document lies outside the image.
        DocumentCropped = "document_cropped",
        /// The document seems to be shown on a screen.
        DocumentOnScreen = "document_on_screen",
        /// The document has no colour: it may be a copy.
        DocumentGreyscaleCopy = "document_greyscale_copy",
        /// No text could be read on the document.
        DocumentUnreadable = "document_unreadable",
        /// The document's date of expiry has passed.
        DocumentExpired = "document_expired",
        /// The document's date of expiry could not be read.
        DocumentExpiryUnknown = "document_expiry_unknown",
        /// The document is of a kind that the policy does not take.
        DocumentTypeNotAccepted = "document_type_not_accepted",
        /// A field that the policy asks for was not read.
        DocumentFieldMissing = "document_field_missing",
        /// No machine-readable zone was found.
        MrzNotFound = "mrz_not_found",
        /// A check digit of the machine-readable zone does not agree with its field.
        MrzCheckDigitFailed = "mrz_check_digit_failed",
        /// The machine-readable zone passes only after a character was corrected.
        MrzRepaired = "mrz_repaired",
        /// A field of the machine-readable zone may as well read otherwise, and no check digit settles it.
        MrzUncertain = "mrz_uncertain",
        /// The barcode was found but could not be read.
        BarcodeUnreadable = "barcode_unreadable",
        /// The machine-readable zone and the printed text disagree.
        DataMismatchMrzViz = "data_mismatch_mrz_viz",
        /// The barcode and the printed text disagree.
        DataMismatchBarcodeViz = "data_mismatch_barcode_viz",
        /// Front and back of the document disagree.
        DataMismatchFrontBack = "data_mismatch_front_back",
        /// The machine-readable zone and the barcode disagree.
        DataMismatchMrzBarcode = "data_mismatch_mrz_barcode",
        /// The document says something else than the caller expects.
        DataMismatchExpected = "data_mismatch_expected",
        /// The document's dates contradict each other or the calendar.
        DocumentDatesImplausible = "document_dates_implausible",
        /// The document's number does not have the form that its issuer uses.
        DocumentNumberUnusual = "document_number_unusual",
        /// The holder is younger than the policy asks for.
        HolderUnderAge = "holder_under_age",
        /// The document shows no face.
        DocumentNoFace = "document_no_face",
        /// The selfie shows no face.
        SelfieNoFace = "selfie_no_face",
        /// The selfie shows more than one face.
        SelfieMultipleFaces = "selfie_multiple_faces",
        /// The face is too small in the image to be compared.
        FaceTooSmall = "face_too_small",
        /// The two faces are not the same person's.
        FaceMismatch = "face_mismatch",
        /// The two faces are neither clearly the same person's nor clearly not.
        FaceMatchInconclusive = "face_match_inconclusive",
        /// The selfie looks like a photograph of a print.
        LivenessSpoofPrint = "liveness_spoof_print",
        /// The selfie looks like a photograph of a screen or another presentation attack.
        LivenessSpoofReplay = "liveness_spoof_replay",
        /// It cannot be told whether a live person took the selfie.
        LivenessInconclusive = "liveness_inconclusive",
        /// The template was made by another embedder than the one in use.
        TemplateOutdated = "template_outdated",
        /// The machine has no decoder for videos.
        VideoDecoderMissing = "video_decoder_missing",
        /// A model that the check needs is not installed.
        ModelMissing = "model_missing",
        /// The machinery failed; the check says nothing about the person.
        InternalFault = "internal_fault",
        /// The person has used up all attempts.
        MaxAttemptsExceeded = "max_attempts_exceeded",
        /// The verification was not completed in time.
        SessionExpired = "session_expired",
    }
}

/// The texts that go with a reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonText {
    /// Whether a new capture may mend it.
    pub retryable: bool,
    /// What to tell the person, without giving an attacker a hint.
    pub user: &'static str,
    /// What to tell the operator.
    pub operator: &'static str,
}

impl ReasonCode {
    /// Whether a new capture may mend it, and what to say to whom.
    pub fn text(self) -> ReasonText {
        use ReasonCode::*;
        let (retryable, user, operator) = match self {
            ImageBlurry => (
                true,
                "The picture is blurry. Hold still and try again.",
                "the image is out of focus or smeared",
            ),
            ImageTooSmall => (
                true,
                "The picture is too small. Move closer and try again.",
                "the image has fewer pixels than the policy needs",
            ),
            ImageTooLarge => (
                true,
                "The picture is too large. Take it at a lower resolution.",
                "the image has more pixels than are decoded",
            ),
            ImageGlare => (
                true,
                "Light is reflected on the document. Tilt it a little and try again.",
                "the glaring part of the document is larger than the policy takes",
            ),
            ImageTooDark => (
                true,
                "The picture is too dark. Use more light and try again.",
                "the document's paper or its contrast is darker than the policy takes",
            ),
            ImageTooBright => (
                true,
                "The picture is too bright. Use less light and try again.",
                "the bright document has less contrast than the policy takes",
            ),
            FileCorrupt => (
                true,
                "The picture could not be opened. Take a new one.",
                "the file announces an image but its decoder fails",
            ),
            FileTypeUnsupported => (
                true,
                "This kind of file is not accepted. Use JPEG or PNG.",
                "the file's first bytes are no accepted image format",
            ),
            CaptureMissing => {
                (true, "A picture is missing.", "a capture that the policy requires was not uploaded")
            }
            DocumentCropped => (
                true,
                "Part of the document is missing in the picture. Show all four corners.",
                "a side of the document lies on the image's border",
            ),
            DocumentOnScreen => (
                true,
                "The document could not be confirmed. Take a picture of the document itself.",
                "the picture's spectrum has the peaks of a screen's grid above the policy's limit",
            ),
            DocumentGreyscaleCopy => (
                true,
                "The document could not be confirmed. Take a picture of the document itself.",
                "the document has less colour than the policy takes",
            ),
            DocumentUnreadable => (
                true,
                "The document could not be read. Use better light and avoid reflections.",
                "no text was found on the document",
            ),
            DocumentExpired => {
                (false, "The document has expired.", "the date of expiry lies before the day of the decision")
            }
            DocumentExpiryUnknown => {
                (true, "The date of expiry could not be read.", "no date of expiry was read")
            }
            DocumentTypeNotAccepted => (
                false,
                "This kind of document is not accepted.",
                "the document type is not in the policy's list",
            ),
            DocumentFieldMissing => (
                true,
                "Some of the document could not be read.",
                "a field that the policy requires was not read",
            ),
            MrzNotFound => (
                true,
                "The lines of letters at the bottom of the document could not be found.",
                "no line pair or triple has the shape of an ICAO 9303 machine-readable zone",
            ),
            MrzCheckDigitFailed => (
                true,
                "The document could not be confirmed.",
                "at least one ICAO 9303 check digit disagrees with its field",
            ),
            MrzRepaired => (
                true,
                "The document could not be read clearly.",
                "check digits agree only after a character was corrected; see the evidence",
            ),
            MrzUncertain => (
                true,
                "The document could not be read clearly.",
                "check digits do not settle how a field of the machine-readable zone reads; see the evidence",
            ),
            BarcodeUnreadable => {
                (true, "The barcode could not be read.", "a barcode was located but not decoded")
            }
            DataMismatchMrzViz => (
                true,
                "The document could not be confirmed.",
                "the machine-readable zone and the printed text disagree",
            ),
            DataMismatchBarcodeViz => {
                (true, "The document could not be confirmed.", "the barcode and the printed text disagree")
            }
            DataMismatchFrontBack => {
                (true, "Front and back do not belong together.", "the two sides carry different data")
            }
            DataMismatchMrzBarcode => (
                true,
                "The document could not be confirmed.",
                "the machine-readable zone and the barcode disagree",
            ),
            DataMismatchExpected => (
                true,
                "The document does not match your details.",
                "the document says something else than the caller expects; see `sub_checks` in the evidence",
            ),
            DocumentDatesImplausible => (
                true,
                "The document could not be confirmed.",
                "a date of birth, issue or expiry contradicts another one or lies in the future",
            ),
            DocumentNumberUnusual => (
                true,
                "The document could not be confirmed.",
                "the document's number does not have the form that its issuer has published",
            ),
            HolderUnderAge => {
                (false, "You are too young.", "the holder has not reached the age that the policy asks for")
            }
            DocumentNoFace => (
                true,
                "The portrait on the document could not be found.",
                "no face was detected on the document",
            ),
            SelfieNoFace => (true, "No face was found in the selfie.", "no face was detected in the selfie"),
            SelfieMultipleFaces => (
                true,
                "More than one face is in the selfie. Take it alone.",
                "a second face of comparable size was detected in the selfie",
            ),
            FaceTooSmall => (
                true,
                "The face is too small. Move closer.",
                "the distance between the eyes is below the policy's minimum",
            ),
            FaceMismatch => (
                true,
                "The selfie could not be matched to the document.",
                "the faces' similarity is below the policy's limit",
            ),
            FaceMatchInconclusive => (
                true,
                "The selfie could not be matched to the document.",
                "the faces' similarity lies between the policy's two limits",
            ),
            LivenessSpoofPrint => {
                (true, "The selfie could not be confirmed.", "the liveness model sees a printed photograph")
            }
            LivenessSpoofReplay => (
                true,
                "The selfie could not be confirmed.",
                "the liveness model sees a screen or another presentation attack",
            ),
            LivenessInconclusive => (
                true,
                "The selfie could not be confirmed. Use even light and try again.",
                "the liveness score lies between the policy's two limits",
            ),
            TemplateOutdated => (
                false,
                "You have to be enrolled again.",
                "the template was made by another embedder; enrol the subject again",
            ),
            VideoDecoderMissing => (
                false,
                "The check could not be completed.",
                "ffmpeg is missing: install it, or set `worker.ffmpeg` to where it is",
            ),
            ModelMissing => (
                false,
                "The check could not be completed.",
                "a model file is missing: run `idv models fetch`",
            ),
            InternalFault => {
                (false, "The check could not be completed.", "the step failed; see the job's last error")
            }
            MaxAttemptsExceeded => (
                false,
                "There are no attempts left.",
                "the verification was restarted as often as the policy allows",
            ),
            SessionExpired => {
                (false, "The session has expired.", "the verification was not submitted before it expired")
            }
        };
        ReasonText { retryable, user, operator }
    }
}
