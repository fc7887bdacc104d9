// What `cdktf` runs: prints nothing but problems, and leaves the configuration in its output folder.
import { synthesiseProject } from './scripts/deployment/project.ts';
import { reportError } from './scripts/lib/report.ts';

try {
  await synthesiseProject({ changes: true });
} catch (error) {
  reportError(error);
  process.exitCode = 1;
}
