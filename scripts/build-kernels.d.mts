export declare function buildKernels(): Promise<void>;
