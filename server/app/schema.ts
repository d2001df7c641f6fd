import '../activity/graphql.ts'
import '../auth/graphql.ts'
import '../gateway/graphql-consumers.ts'
import '../gateway/graphql-mutations.ts'
import '../groups/graphql.ts'
import '../groups/graphql-commands.ts'
import '../instances/graphql.ts'
import '../instances/graphql-commands.ts'
import '../lemonade/graphql-metrics.ts'
import '../lemonade/graphql-models.ts'
import '../lemonade/graphql-pulls.ts'
import '../legacy/graphql.ts'
import '../links/graphql.ts'
import '../engine/graphql.ts'
import '../settings/graphql.ts'
import { builder } from '../graphql/builder.ts'

/** The whole schema: each feature's file has added its part to the builder by being imported. */
export const schema = builder.toSchema()
