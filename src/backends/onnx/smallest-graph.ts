/** `y = Relu(x)` over one number, as ONNX's protobuf: what opens with a provider shows that the provider works. */
export const smallestGraph: Uint8Array = Uint8Array.from(
	Buffer.from(
		'08083a330a0c0a0178120179220452656c751201675a0f0a0178120a0a08080112040a020801620f0a0179120a0a08080112040a0208014202100d',
		'hex',
	),
);
