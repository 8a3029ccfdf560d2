const DEFINITIONS = { conf: /^conf\s*(?::[^=\n]+)?=/m, create_model: /^def\s+create_model\s*\(/m } as const;

/** Which of the two names of the contract a script does not define; the platform checks the rest. */
export function missingNames(script: string): string[] {
  return Object.entries(DEFINITIONS)
    .filter(([, pattern]) => !pattern.test(script))
    .map(([name]) => name);
}

/** The generated script with the family of weights that was chosen beside it. */
export function forFamily(script: string, family: string | undefined): string {
  if (!family) return script;
  return script.replace(/^(\s*"weights_family":\s*)"[^"]*"/m, (_, head: string) => `${head}${JSON.stringify(family)}`);
}
