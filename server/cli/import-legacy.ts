import type { Command } from 'commander'
import { resolve } from 'node:path'
import { inLowerCase, reportInWords } from './groups.ts'
import { readLegacy } from './legacy-file.ts'
import { command, print, withBackend, type Common, type Variables } from './shell.ts'

interface Report {
  applied: boolean
  changes: { kind: string; name: string; action: string; detail: string | null }[]
}

/** `thon import-legacy`: brings over an installation of the Python system. */
export function importLegacyCommand(variables: Variables): Command {
  return command(
    'import-legacy',
    'bring over the database of the Python THON: groups, users with their files, settings',
  )
    .argument('<path>', 'its SQLite file, which is only read')
    .option('--dry-run', 'only say what would happen')
    .action(async (path: string, options: Common & { dryRun?: true }) => {
      const dump = JSON.stringify(await readLegacy(resolve(path)))
      await withBackend(variables, options, async (backend) => {
        const { importLegacy } = await backend.ask<{ importLegacy: Report }>(
          `mutation ($dump: String!, $dryRun: Boolean) { importLegacy(input: { dump: $dump, dryRun: $dryRun }) {
            applied changes { kind name action detail } } }`,
          { dump, dryRun: options.dryRun ?? false },
        )
        const report = inLowerCase(importLegacy)
        print(options, report, () => inWords(report))
      })
    })
}

function inWords({ applied, changes }: Report): string {
  const skipped = changes.filter(({ action }) => action === 'skip')
  const rest = { applied, changes: changes.filter(({ action }) => action !== 'skip') }
  const lines = skipped.map(({ kind, name, detail }) => `  ${kind} ${name}: ${detail ?? ''}`)
  return [reportInWords(rest), ...(lines.length > 0 ? ['', `${lines.length} left out:`, ...lines] : [])].join('\n')
}
