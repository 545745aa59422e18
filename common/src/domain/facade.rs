//! The earlier systems whose HTTP interfaces live on.

use super::names::names;

names! {
    /// An earlier system: its HTTP interface is answered as its README says, on this engine.
    Facade {
        /// Scans of an identity document and a face, confirmed and then polled.
        IdVerificationSystem = "id-verification-system",
        /// Named images in a bucket, and their comparison.
        UncoinKyc = "uncoin-kyc",
        /// Enrolment from an identity document, authentication by a video.
        EnrollAuthenticate = "enroll-authenticate",
        /// Comparison of two images in base64.
        FaceRecognitionApi = "face-recognition-api",
        /// Comparison of two uploaded images.
        Facemetric = "facemetric",
    }
}

names! {
    /// What an authentication makes of liveness.
    #[derive(Default)]
    LivenessUse {
        /// Liveness is not looked at.
        Off = "off",
        /// Liveness is told and decides nothing.
        #[default]
        Report = "report",
        /// Without a pass of liveness nobody is authenticated.
        Require = "require",
    }
}
