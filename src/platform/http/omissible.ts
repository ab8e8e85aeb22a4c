import { ValidateIf } from 'class-validator';

/**
 * The member may be left out, but not be null: unlike `IsOptional` of class-validator, which lets a null pass all other
 * rules, and the handler meets a value that its type does not have.
 */
export const Omissible = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);
