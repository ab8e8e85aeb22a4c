// HEALTHCHECK of the image: does the process answer? The port is the argument, else that of the API. A database that is
// away is no reason to kill the process, so this asks "live", not "ready".
import { get } from 'node:http';

const port = Number(process.argv[2] ?? process.env.TRAINING_API_PORT ?? 8001);
const request = get({ host: '127.0.0.1', port, path: '/api/v1/health/live', timeout: 3000 }, (response) => {
  response.resume();
  response.on('end', () => process.exit(response.statusCode === 200 ? 0 : 1));
});
request.on('timeout', () => request.destroy(new Error('no answer')));
request.on('error', () => process.exit(1));
