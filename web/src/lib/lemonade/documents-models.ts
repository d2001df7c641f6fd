import { graphql } from '#lib/graphql/generated/gql.ts'

/** The models on Lemonade's disk and in its catalog. */
export const LemonadeModelsView = graphql(`
  fragment LemonadeModelsView on LemonadeModels {
    asOf
    error {
      ...UpstreamErrorView
    }
    models {
      name
      checkpoint
      recipe
      labels
      downloaded
      custom
      sizeGib
      maxContext
    }
  }
`)

export const LemonadeModelsChanged = graphql(`
  subscription LemonadeModelsChanged {
    lemonadeModelsChanged {
      ...LemonadeModelsView
    }
  }
`)

export const DeleteModel = graphql(`
  mutation DeleteModel($input: DeleteModelInput!) {
    deleteModel(input: $input)
  }
`)
