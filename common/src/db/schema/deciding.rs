//! Batches, decisions and reviews.

diesel::table! {
    batches (id) {
        id -> Text,
        tenant_id -> Text,
        kind -> Text,
        status -> Text,
        version -> BigInt,
        description -> Nullable<Text>,
        selection -> Text,
        policy -> Nullable<Text>,
        shadow -> Bool,
        overrides_reviews -> Bool,
        per_minute -> Nullable<Integer>,
        prepared_to -> Nullable<Text>,
        total -> BigInt,
        paced_to -> BigInt,
        told -> BigInt,
        error -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    batch_items (id) {
        id -> Text,
        batch_id -> Text,
        tenant_id -> Text,
        position -> BigInt,
        source -> Nullable<Text>,
        verification_id -> Nullable<Text>,
        run_id -> Nullable<Text>,
        state -> Text,
        old_verdict -> Nullable<Text>,
        old_reasons -> Nullable<Text>,
        new_verdict -> Nullable<Text>,
        new_reasons -> Nullable<Text>,
        error -> Nullable<Text>,
        started_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    decisions (id) {
        id -> Text,
        tenant_id -> Text,
        verification_id -> Text,
        source -> Text,
        run_id -> Nullable<Text>,
        reviewer -> Nullable<Text>,
        standing -> Text,
        verdict -> Text,
        reasons -> Text,
        version -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    review_claims (verification_id) {
        verification_id -> Text,
        tenant_id -> Text,
        reviewer -> Text,
        claimed_at -> BigInt,
        claimed_until -> BigInt,
    }
}

diesel::table! {
    review_notes (id) {
        id -> Text,
        tenant_id -> Text,
        verification_id -> Text,
        author -> Text,
        body -> Binary,
        wrapped_key -> Binary,
        created_at -> BigInt,
    }
}
