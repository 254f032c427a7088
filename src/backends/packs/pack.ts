/** A native runtime that mofa can install when it is wanted: data, one file in `registry/backends/`. */
export interface Pack {
	readonly schema: 1;
	readonly name: string;
	readonly backend: string;
	readonly version: string;
	readonly license: string;
	/** Tasks that become possible. */
	readonly enables: readonly string[];
	/** Module to import or program to start, relative to the installed pack. */
	readonly entry: string;
	/** Present where the entry is made on the user's machine, of source that the packages carry. */
	readonly build?: PackBuild;
	/** Packages that stand beside the entry's own, by version. */
	readonly dependencies?: Readonly<Record<string, string>>;
	/** File beside this one: what the packages depend on, as npm's lock file has it. */
	readonly closure: string;
	readonly accelerator: string;
	readonly summary: string;
	/** By `process.platform-process.arch`. */
	readonly platforms: Readonly<Record<string, PackPlatform>>;
}

/** A project of CMake: git, cmake and a C++ compiler are what it takes. */
export interface PackBuild {
	/** A bundle of git among the unpacked packages. */
	readonly source: string;
	/** Variables of CMake. */
	readonly variables: Readonly<Record<string, string>>;
	readonly target: string;
	/** The program that becomes the entry, in the folder of the build. */
	readonly product: string;
	/** Measured on two cores. */
	readonly minutes: number;
}

export interface PackPlatform {
	/** Null: never measured. */
	readonly downloadBytes: number | null;
	readonly installedBytes: number | null;
	readonly packages: readonly PackPackage[];
	/** Folders of an installed pack that are deleted: builds of other platforms. */
	readonly leaveOut?: readonly string[];
}

export interface PackPackage {
	readonly name: string;
	readonly version: string;
	/** Null where it was never seen: npm then holds the package against what the user's registry says of it. */
	readonly integrity: string | null;
}

export interface Closure {
	readonly schema: 1;
	/** As `packages` of a lock file, addresses left out. */
	readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const currentPlatform: string = `${process.platform}-${process.arch}`;
