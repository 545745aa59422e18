//! The tables, as both migrations make them.

#![expect(missing_docs, reason = "the migrations document the columns")]

mod deciding;
mod telling;

pub use deciding::*;
pub use telling::*;

diesel::table! {
    tenants (id) {
        id -> Text,
        name -> Text,
        wrapped_key -> Binary,
        retention -> Text,
        created_at -> BigInt,
        receivers -> Nullable<Text>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        tenant_id -> Text,
        name -> Text,
        secret_sha256 -> Binary,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    verifications (id) {
        id -> Text,
        tenant_id -> Text,
        status -> Text,
        version -> BigInt,
        client_reference -> Nullable<Text>,
        metadata -> Nullable<Text>,
        capture_token_sha256 -> Binary,
        attempts -> Integer,
        current_run_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        expires_at -> BigInt,
        settled_at -> Nullable<BigInt>,
        purged_at -> Nullable<BigInt>,
        redacted_at -> Nullable<BigInt>,
        webhook_endpoint_id -> Nullable<Text>,
        claims -> Nullable<Binary>,
        claims_key -> Nullable<Binary>,
    }
}

diesel::table! {
    comparisons (id) {
        id -> Text,
        tenant_id -> Text,
        status -> Text,
        version -> BigInt,
        client_reference -> Nullable<Text>,
        result -> Nullable<Binary>,
        wrapped_key -> Nullable<Binary>,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    subjects (id) {
        id -> Text,
        tenant_id -> Text,
        status -> Text,
        version -> BigInt,
        client_reference -> Nullable<Text>,
        result -> Nullable<Binary>,
        wrapped_key -> Nullable<Binary>,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    templates (subject_id) {
        subject_id -> Text,
        tenant_id -> Text,
        model_digest -> Text,
        payload -> Binary,
        wrapped_key -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    authentications (id) {
        id -> Text,
        tenant_id -> Text,
        subject_id -> Text,
        status -> Text,
        version -> BigInt,
        liveness -> Text,
        result -> Nullable<Binary>,
        wrapped_key -> Nullable<Binary>,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    images (id) {
        id -> Text,
        tenant_id -> Text,
        status -> Text,
        version -> BigInt,
        name -> Nullable<Text>,
        result -> Nullable<Binary>,
        wrapped_key -> Nullable<Binary>,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    captures (id) {
        id -> Text,
        tenant_id -> Text,
        verification_id -> Nullable<Text>,
        comparison_id -> Nullable<Text>,
        subject_id -> Nullable<Text>,
        authentication_id -> Nullable<Text>,
        image_id -> Nullable<Text>,
        kind -> Text,
        content_type -> Text,
        bytes -> BigInt,
        width -> Integer,
        height -> Integer,
        sha256 -> Text,
        wrapped_key -> Binary,
        created_at -> BigInt,
        superseded_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    runs (id) {
        id -> Text,
        tenant_id -> Text,
        verification_id -> Text,
        reason -> Text,
        captures -> Text,
        verdict -> Nullable<Text>,
        reasons -> Text,
        checks -> Nullable<Text>,
        policy_name -> Nullable<Text>,
        policy_version -> Nullable<Integer>,
        report -> Nullable<Binary>,
        wrapped_key -> Nullable<Binary>,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        batch_item_id -> Nullable<Text>,
        shadow -> Bool,
        models -> Nullable<Text>,
    }
}

diesel::table! {
    step_evidence (verification_id, step, input_sha256, model_digest, step_version) {
        verification_id -> Text,
        step -> Text,
        input_sha256 -> Text,
        model_digest -> Text,
        step_version -> Integer,
        tenant_id -> Text,
        payload -> Binary,
        wrapped_key -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    jobs (id) {
        id -> Text,
        tenant_id -> Text,
        kind -> Text,
        queue -> Text,
        subject_id -> Text,
        verification_id -> Nullable<Text>,
        state -> Text,
        priority -> Integer,
        run_at -> BigInt,
        published_at -> Nullable<BigInt>,
        lease_token -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        worker_id -> Nullable<Text>,
        attempts -> Integer,
        crashes -> Integer,
        suspect -> Bool,
        alone -> Bool,
        last_error -> Nullable<Text>,
        traceparent -> Nullable<Text>,
        created_at -> BigInt,
        claimed_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    turns (queue, tenant_id) {
        queue -> Text,
        tenant_id -> Text,
        served -> BigInt,
    }
}

diesel::table! {
    job_failures (id) {
        id -> Text,
        job_id -> Text,
        at -> BigInt,
        worker_id -> Nullable<Text>,
        cause -> Text,
    }
}

diesel::table! {
    idempotency_keys (tenant_id, route, key) {
        tenant_id -> Text,
        route -> Text,
        key -> Text,
        fingerprint -> Text,
        lease_until -> BigInt,
        status -> Nullable<Integer>,
        resource_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    erasures (id) {
        id -> Text,
        tenant_id -> Text,
        verification_id -> Nullable<Text>,
        reason -> Text,
        objects -> Text,
        row_counts -> Text,
        requested_at -> BigInt,
        completed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    workers (id) {
        id -> Text,
        roles -> Text,
        slots -> Integer,
        models -> Text,
        missing -> Text,
        started_at -> BigInt,
        heartbeat_at -> BigInt,
    }
}

diesel::table! {
    access_log (id) {
        id -> Text,
        tenant_id -> Text,
        actor -> Text,
        action -> Text,
        resource_id -> Text,
        request_id -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    tenants,
    api_keys,
    verifications,
    comparisons,
    subjects,
    templates,
    authentications,
    images,
    captures,
    runs,
    step_evidence,
    jobs,
    turns,
    job_failures,
    events,
    idempotency_keys,
    erasures,
    workers,
    access_log,
    webhook_endpoints,
    webhook_secrets,
    webhook_deliveries,
    webhook_attempts,
    batches,
    batch_items,
    decisions,
    review_claims,
    review_notes,
);
