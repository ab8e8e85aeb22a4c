import { Injectable } from '@nestjs/common';
import { ChampionsRepository, type Champion } from './champions.repository.js';

/** Which version each model name is served with. */
@Injectable()
export class ChampionsService {
  constructor(private readonly champions: ChampionsRepository) {}

  list(limit: number): Promise<Champion[]> {
    return this.champions.list(limit);
  }
}
