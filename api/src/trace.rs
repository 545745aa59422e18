//! W3C trace context: a request's `traceparent` travels with the jobs that it makes.

use actix_web::HttpRequest;

/// The trace context of a request, if it has a valid one (W3C Trace Context, version 00).
pub(crate) fn parent(req: &HttpRequest) -> Option<String> {
    let value = req.headers().get("traceparent")?.to_str().ok()?;
    is_valid(value).then(|| value.to_owned())
}

fn is_valid(value: &str) -> bool {
    let fields: Vec<_> = value.split('-').collect();
    let lengths: Vec<_> = fields.iter().map(|field| field.len()).collect();
    let is_hex = |field: &&str| field.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    lengths == [2, 32, 16, 2]
        && fields[0] == "00"
        && fields.iter().all(is_hex)
        && fields[1..3].iter().all(|field| field.bytes().any(|b| b != b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_trace_contexts_travel_on() {
        assert!(is_valid("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }
}
