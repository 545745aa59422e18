//! A network that tract runs: one fixed input shape, one `f32` input, outputs by name.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::Fault;

/// A loaded network. It has no state between calls, so one copy serves every thread.
pub(crate) struct Network {
    name: String,
    shape: [usize; 4],
    outputs: Vec<String>,
    plan: Arc<TypedRunnableModel>,
}

impl Network {
    /// Loads an ONNX file's bytes for inputs of `shape` (batch, channels, height, width). `name` is the
    /// manifest's, for messages. Fails with [`Fault::Model`] if tract cannot run the file at that shape.
    pub(crate) fn load(name: &str, onnx: &[u8], shape: [usize; 4]) -> Result<Self, Fault> {
        Self::build(name, onnx, shape)
            .map_err(|error| Fault::Model { model: name.to_owned(), cause: format!("{error:#}") })
    }

    fn build(name: &str, mut onnx: &[u8], shape: [usize; 4]) -> TractResult<Self> {
        let framework = tract_onnx::onnx();
        let mut proto = framework.proto_model_for_read(&mut onnx)?;
        // Some files name a node like one of its weights, which tract may refuse; an unnamed node is called
        // after its output, which is unique.
        proto.graph.iter_mut().flat_map(|graph| &mut graph.node).for_each(|node| node.name.clear());
        // Optimising renames the nodes but keeps the order of the outputs, which the file states.
        let outputs =
            proto.graph.iter().flat_map(|graph| &graph.output).map(|output| output.name.clone()).collect();
        let plan = framework
            .model_for_proto_model(&proto)?
            .with_input_fact(0, f32::fact(shape).into())?
            .into_optimized()?
            .into_runnable()?;
        Ok(Self { name: name.to_owned(), shape, outputs, plan })
    }

    /// Runs the network on the calling thread. `input` holds the values of the input's shape, row-major.
    pub(crate) fn run(&self, input: &[f32]) -> Result<Outputs<'_>, Fault> {
        let values = Tensor::from_shape(&self.shape, input)
            .and_then(|tensor| self.plan.run(tvec!(tensor.into())))
            .map_err(|error| self.fault(format!("{error:#}")))?;
        Ok(Outputs { network: self, values })
    }

    fn fault(&self, cause: impl Into<String>) -> Fault {
        Fault::Inference { model: self.name.clone(), cause: cause.into() }
    }
}

/// What one run of a network gave.
pub(crate) struct Outputs<'n> {
    network: &'n Network,
    values: TVec<TValue>,
}

impl Outputs<'_> {
    /// The values of the output of that name, row-major.
    pub(crate) fn get(&self, name: &str) -> Result<&[f32], Fault> {
        let place = self.network.outputs.iter().position(|output| output == name);
        self.at(place.ok_or_else(|| self.network.fault(format!("it has no output `{name}`")))?)
    }

    /// The values of the first output, row-major.
    pub(crate) fn first(&self) -> Result<&[f32], Fault> {
        self.at(0)
    }

    fn at(&self, place: usize) -> Result<&[f32], Fault> {
        let value = self.values.get(place).ok_or_else(|| self.network.fault("it has too few outputs"))?;
        let plain = value.try_as_plain_ram().and_then(|plain| plain.as_slice::<f32>());
        plain.map_err(|error| self.network.fault(format!("output {place}: {error:#}")))
    }
}
