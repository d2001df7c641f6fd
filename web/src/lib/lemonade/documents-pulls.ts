import { graphql } from '#lib/graphql/generated/gql.ts'

/** The downloads. */
export const LemonadePullsView = graphql(`
  fragment LemonadePullsView on LemonadePulls {
    asOf
    error {
      ...UpstreamErrorView
    }
    pulls {
      id
      model
      state
      percent
      file
      fileIndex
      totalFiles
      bytesDone
      bytesTotal
      bytesPerSecond
      quietSince
      error
    }
  }
`)

export const LemonadePullsChanged = graphql(`
  subscription LemonadePullsChanged {
    lemonadePullsChanged {
      ...LemonadePullsView
    }
  }
`)

/** What a repository of the model hub offers for download. */
export const LemonadeVariantsQuery = graphql(`
  query LemonadeVariants($checkpoint: String!) {
    lemonadeVariants(checkpoint: $checkpoint) {
      checkpoint
      recipe
      suggestedName
      suggestedLabels
      variants {
        name
        sizeBytes
        files
      }
      pictureFiles
    }
  }
`)

export const PullModel = graphql(`
  mutation PullModel($input: PullModelInput!) {
    pullModel(input: $input) {
      id
    }
  }
`)

export const CancelPull = graphql(`
  mutation CancelPull($input: CancelPullInput!) {
    cancelPull(input: $input)
  }
`)

export const DeletePull = graphql(`
  mutation DeletePull($input: DeletePullInput!) {
    deletePull(input: $input)
  }
`)
