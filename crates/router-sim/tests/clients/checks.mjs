// Runs the checks of one client: each is a function, passes when it throws nothing, and is told by its name.

const env = (name, otherwise) => process.env[name] ?? otherwise;

export const ROOT = env("BASE_URL", "http://127.0.0.1:8787/v1").replace(/\/v1$/, "");
export const API_KEY = env("API_KEY", "sk-test");
export const MODEL = env("MODEL", "sim-model");
export const EMBED_MODEL = env("EMBED_MODEL", "sim-embed");
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const checks = [];

export function check(name, run) {
  checks.push([name, run]);
}

/** The error that a call ends with. */
export async function failure(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

export async function main(title) {
  let failed = 0;
  for (const [name, run] of checks) {
    try {
      await run();
      console.log(`PASS ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.name}: ${String(error.message).slice(0, 300)}`);
      if (process.env.VERBOSE) console.error(error);
    }
  }
  console.log(`${title}: ${checks.length - failed} passed, ${failed} failed, 0 skipped`);
  process.exit(failed || !checks.length ? 1 : 0);
}
