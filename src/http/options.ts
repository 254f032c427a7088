import type {HttpBindings} from '@hono/node-server';
import type {Context, Handler, MiddlewareHandler} from 'hono';

export interface AppOptions {
	/** Asked of every TCP client as a bearer token; the local socket is guarded by its file mode instead. */
	readonly apiKey?: string | undefined;
	/** Host names beyond this machine's own that a TCP client may call it by; `*` for any. */
	readonly allowedHosts?: readonly string[] | undefined;
	/** Origins of web pages beyond localhost that may call; `*` for any. */
	readonly allowedOrigins?: readonly string[] | undefined;
	/** Bytes a request body may have. */
	readonly bodyLimit?: number | undefined;
	/** Bytes a form with a file in it may have; the file is put on the disk. */
	readonly uploadLimit?: number | undefined;
	/** Pictures that a chat names by an address on the web are fetched; otherwise such a request is refused. */
	readonly imageUrls?: boolean | undefined;
	/** Milliseconds without an event before a comment keeps the connection alive. */
	readonly keepAliveMs?: number | undefined;
	/** Milliseconds a stream may wait for its first event, so that an early failure still sets the status. */
	readonly graceMs?: number | undefined;
	/** Hears of every request: whoever waits for quiet must know. */
	readonly onRequest?: (() => void) | undefined;
	/** Hears of failures that are no user's doing, for the log. */
	readonly onInternal?: ((error: unknown) => void) | undefined;
}

export interface AppSettings {
	readonly bodyLimit: number;
	readonly uploadLimit: number;
	readonly imageUrls: boolean;
	readonly keepAliveMs: number;
	readonly graceMs: number;
	readonly onInternal: (error: unknown) => void;
}

export function settingsOf(options: AppOptions): AppSettings {
	return {
		bodyLimit: options.bodyLimit ?? 64 * 1024 ** 2,
		uploadLimit: options.uploadLimit ?? 2 * 1024 ** 3,
		imageUrls: options.imageUrls ?? false,
		keepAliveMs: options.keepAliveMs ?? 5000,
		graceMs: options.graceMs ?? 1000,
		onInternal: options.onInternal ?? (() => undefined),
	};
}

/** The server's own objects; absent when the app is called without one. */
export interface AppEnv {
	Bindings: Partial<HttpBindings>;
}

export type AppContext = Context<AppEnv>;
export type AppMiddleware = MiddlewareHandler<AppEnv>;

export interface Route {
	readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** As hono writes it: `/v1/models/:id{.+}`. */
	readonly path: string;
	readonly handler: Handler<AppEnv>;
}

/** True for a request over the Unix socket or named pipe, which only this user can open. */
export function isLocalSocket(context: AppContext): boolean {
	const socket = (context.env as Partial<HttpBindings> | undefined)?.incoming?.socket;
	return socket !== undefined && socket.localAddress === undefined;
}
