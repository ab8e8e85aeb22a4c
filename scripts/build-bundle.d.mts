export declare function buildBundle(): Promise<void>;
