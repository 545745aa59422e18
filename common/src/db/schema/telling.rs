//! Events and their way to whoever wants to know.

diesel::table! {
    events (id) {
        id -> Text,
        tenant_id -> Text,
        resource_id -> Text,
        sequence -> BigInt,
        #[sql_name = "type"]
        kind -> Text,
        version -> BigInt,
        details -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> Text,
        tenant_id -> Text,
        url -> Text,
        description -> Nullable<Text>,
        events -> Nullable<Text>,
        listed -> Bool,
        status -> Text,
        disabled_reason -> Nullable<Text>,
        version -> BigInt,
        failures -> Integer,
        failing_since -> Nullable<BigInt>,
        resting_until -> Nullable<BigInt>,
        deleted -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    webhook_secrets (id) {
        id -> Text,
        tenant_id -> Text,
        endpoint_id -> Nullable<Text>,
        secret -> Binary,
        wrapped_key -> Binary,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Text,
        tenant_id -> Text,
        endpoint_id -> Text,
        event_id -> Text,
        resource_id -> Text,
        sequence -> BigInt,
        state -> Text,
        attempts -> Integer,
        due_at -> Nullable<BigInt>,
        lease_token -> Nullable<Text>,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook_attempts (id) {
        id -> Text,
        delivery_id -> Text,
        at -> BigInt,
        latency_ms -> BigInt,
        status -> Nullable<Integer>,
        error -> Nullable<Text>,
        response -> Nullable<Text>,
    }
}
