//! One network in the rten runtime, run by the calling thread's own pool of one thread.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rten::{Dimension, Model, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

use crate::inference::Fault;

thread_local! {
    /// Without a pool of its own a run would spread over one that the whole process shares.
    static POOL: Arc<ThreadPool> = Arc::new(ThreadPool::with_num_threads(1));
}

/// A network with one input and one output.
pub(super) struct Network {
    name: String,
    model: Model,
}

impl Network {
    /// Loads a model file in ONNX or rten format.
    pub(super) fn load(name: &str, bytes: Vec<u8>) -> Result<Self, Fault> {
        let fault = |cause: String| Fault::Model { model: name.to_owned(), cause };
        match catch_unwind(AssertUnwindSafe(|| Model::load(bytes))) {
            Ok(loaded) => {
                Ok(Self { name: name.to_owned(), model: loaded.map_err(|error| fault(error.to_string()))? })
            }
            Err(panic) => Err(fault(message(panic.as_ref()))),
        }
    }

    /// The input's dimension of that index, where the file fixes it.
    pub(super) fn fixed_dimension(&self, index: usize) -> Option<usize> {
        match self.model.input_shape(0)?.get(index)? {
            Dimension::Fixed(size) => Some(*size),
            Dimension::Symbolic(_) => None,
        }
    }

    /// Runs the network. The runtime is known to panic on unlucky graphs, which is a fault like any other.
    pub(super) fn run<const N: usize>(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, N>, Fault> {
        let options = RunOptions::default().with_thread_pool(Some(POOL.with(Arc::clone)));
        let output =
            catch_unwind(AssertUnwindSafe(|| self.model.run_one(input.view().into(), Some(options))))
                .map_err(|panic| self.fault(message(panic.as_ref())))?
                .map_err(|error| self.fault(error.to_string()))?;
        let output: Tensor<f32> =
            output.try_into().map_err(|_| self.fault("its output holds no numbers".to_owned()))?;
        output.try_into().map_err(|_| self.fault(format!("its output has not {N} dimensions")))
    }

    /// A fault of this network.
    pub(super) fn fault(&self, cause: String) -> Fault {
        Fault::Inference { model: self.name.clone(), cause }
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the runtime panicked".to_owned())
}
