/** What node has and its types leave to those of the browser. */
export interface WebAssemblyApi {
	compile(bytes: Uint8Array): Promise<CompiledModule>;
	readonly Module: {exports(module: CompiledModule): ReadonlyArray<{readonly name: string}>};
	readonly Instance: new (
		module: CompiledModule,
		imports: Readonly<Record<string, object>>,
	) => {readonly exports: Readonly<Record<string, unknown>>};
}

export interface WasmMemory {
	/** Another one each time it has grown. */
	readonly buffer: ArrayBuffer;
}

declare const compiled: unique symbol;

/** A program ready to be started any number of times, in any thread. */
export interface CompiledModule {
	readonly [compiled]: true;
}

export const webAssembly: WebAssemblyApi = (globalThis as unknown as {readonly WebAssembly: WebAssemblyApi})
	.WebAssembly;
