// SPDX-License-Identifier: Apache-2.0
package org.crtools.model;

/**
 * A resource limit (getrlimit(2)).
 *
 * @param soft as an unsigned number, -1 for none
 */
public record Limit(int resource, long soft, long hard) {}
