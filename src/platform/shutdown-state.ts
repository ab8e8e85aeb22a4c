import { Injectable } from '@nestjs/common';

/** Whether this process has been told to end: then it is not ready any more, although it still answers. */
@Injectable()
export class ShutdownState {
  private begun = false;

  get isStopping(): boolean {
    return this.begun;
  }

  begin(): void {
    this.begun = true;
  }
}
