import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { Omissible } from './omissible.js';

/** Query of every route that changes something. */
export class DryRunQueryDto {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Check everything and say what would change; change nothing',
  })
  @Omissible()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean({ message: 'dry_run must be true or false' })
  dry_run?: boolean;
}
