// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

import org.crtools.image.ByteString;

/**
 * What is set for a thread and is not in the core image.
 *
 * @param scheduling struct sched_attr of sched_setattr(2)
 * @param affinity CPU mask of sched_setaffinity(2)
 * @param ioPriority as ioprio_set(2) takes it
 */
public record ThreadSettings(int tid, ByteString name, ByteString scheduling, ByteString affinity, int ioPriority) {}
