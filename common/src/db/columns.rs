//! Lets diesel read the domain's types out of text and number columns, so that the domain itself knows no
//! database.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::sql_types::{BigInt, SingleValue, Text};

use crate::domain::*;

macro_rules! text_columns {
    ($($name:ident),* $(,)?) => {$(
        impl<DB: Backend> FromSql<Text, DB> for $name
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(String::from_sql(bytes)?.parse()?)
            }
        }

        impl<ST: SingleValue, DB: Backend> Queryable<ST, DB> for $name
        where
            Self: FromSql<ST, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )*};
}

text_columns! {
    TenantId, VerificationId, CaptureId, RunId, JobId, EventId, ComparisonId, KeyId, WorkerId,
    LeaseToken, ErasureId, SubjectId, AuthenticationId, ImageId, SubjectStatus, LivenessUse, VerificationStatus, CaptureKind, MediaFormat, Verdict, CheckName, Outcome,
    JobKind, JobState, QueueName, RunReason, EventType, TaskStatus, ErasureReason,
    EndpointId, SecretId, DeliveryId, AttemptId, BatchId, BatchItemId, DecisionId, NoteId,
    EndpointStatus, DisabledReason, DeliveryState, BatchKind, BatchStatus, ItemState, DecisionSource, Standing,
}

impl<DB: Backend> FromSql<BigInt, DB> for Timestamp
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_micros(i64::from_sql(bytes)?))
    }
}

impl<ST: SingleValue, DB: Backend> Queryable<ST, DB> for Timestamp
where
    Self: FromSql<ST, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}
