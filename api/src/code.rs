//! The table of problem codes: text, HTTP status and meaning.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// The stable code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, for the OpenAPI document.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code's text.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What the code means, for people.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be parsed.
    BadRequest = "bad_request", BAD_REQUEST, "The request is malformed";
    /// The body is no JSON.
    NotJson = "not_json", BAD_REQUEST, "The body is not JSON";
    /// The body is no well-formed multipart.
    NotMultipart = "not_multipart", BAD_REQUEST, "The body is not well-formed multipart/form-data";
    /// The body ended too early.
    BodyIncomplete = "body_incomplete", BAD_REQUEST, "The body ended before its announced end";
    /// The query string has an unknown or wrong parameter.
    InvalidQuery = "invalid_query", BAD_REQUEST, "The query string is not valid";
    /// The `Idempotency-Key` header is not usable.
    InvalidIdempotencyKey = "invalid_idempotency_key", BAD_REQUEST, "The Idempotency-Key is not valid";
    /// No or a wrong API key.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A valid API key is needed";
    /// The credential does not open this.
    Forbidden = "forbidden", FORBIDDEN, "This credential does not open this resource";
    /// There is no such resource.
    NotFound = "not_found", NOT_FOUND, "There is no such resource";
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body did not come in time.
    UploadTimeout = "upload_timeout", REQUEST_TIMEOUT, "The body did not arrive in time";
    /// The resource's status does not allow this.
    WrongState = "wrong_state", CONFLICT, "The resource's status does not allow this";
    /// Another subject has the reference.
    SubjectExists = "subject_exists", CONFLICT, "Another subject has this reference";
    /// The tenant has as many endpoints as it may.
    TooManyEndpoints = "too_many_endpoints", CONFLICT, "There are too many webhook endpoints";
    /// Another reviewer holds the verification, or this one does not.
    ReviewClaim = "review_claim", CONFLICT, "The reviewer does not hold the verification";
    /// The reviewer has decided already.
    ReviewDecided = "review_decided", CONFLICT, "The reviewer has decided already";
    /// The job cannot come to anything any more, or must.
    JobStuck = "job_stuck", CONFLICT, "The job cannot be driven again, or must be";
    /// A capture that is needed has not been uploaded.
    CaptureMissing = "capture_missing", UNPROCESSABLE_ENTITY, "A capture is missing";
    /// The person has used up all attempts.
    MaxAttemptsExceeded = "max_attempts_exceeded", CONFLICT, "There are no attempts left";
    /// The verification was not submitted in time.
    SessionExpired = "session_expired", CONFLICT, "The verification has expired";
    /// Another request with this key is under way.
    RequestInFlight = "request_in_flight", CONFLICT, "A request with this Idempotency-Key is under way";
    /// The personal data has been erased.
    Redacted = "redacted", GONE, "The personal data has been erased";
    /// The body is larger than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The image has more pixels than allowed.
    ImageTooLarge = "image_too_large", PAYLOAD_TOO_LARGE, "The image has too many pixels";
    /// The body's media type is not taken here.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported";
    /// The file is none of the accepted image formats.
    FileTypeUnsupported = "file_type_unsupported", UNSUPPORTED_MEDIA_TYPE, "The file is not an accepted image";
    /// The file is empty.
    FileEmpty = "file_empty", UNPROCESSABLE_ENTITY, "The file is empty";
    /// The file announces an image, but its header cannot be read.
    FileCorrupt = "file_corrupt", UNPROCESSABLE_ENTITY, "The image cannot be read";
    /// A field is unknown, missing or has a wrong value.
    InvalidField = "invalid_field", UNPROCESSABLE_ENTITY, "A field is not valid";
    /// A line of a manifest is no item.
    ManifestInvalid = "manifest_invalid", UNPROCESSABLE_ENTITY, "The manifest is not valid";
    /// Nobody has said where imports find their files.
    ImportSourceMissing = "import_source_missing", UNPROCESSABLE_ENTITY, "Imports over HTTP have no source";
    /// The key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key was used for another request";
    /// Too many requests.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// A bug or a fault on this side.
    Internal = "internal_error", INTERNAL_SERVER_ERROR, "Something went wrong on this side";
    /// Too many jobs wait.
    BacklogFull = "backlog_full", SERVICE_UNAVAILABLE, "Too much work is waiting";
    /// Database or object store are away.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is not available for the moment";
    /// Verifications cannot be decided for the moment.
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "The service is not ready";
}
