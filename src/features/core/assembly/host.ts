// What the host provides, imported as `host.*`.

/** Number of the network whose name is written in bytes [start, end). */
export declare function ssidOf(start: usize, end: usize): i32;
