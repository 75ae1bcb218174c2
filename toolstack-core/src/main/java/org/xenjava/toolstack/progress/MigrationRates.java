// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.progress;

import java.time.Duration;

/**
 * The rates of the last complete pass of a migration.
 *
 * @param sent bytes per second that the link takes: the limit of the bandwidth, if there is one
 * @param written bytes per second that the guest has written, each page once
 * @param rest the time that the copy of what is left would take if the guest were suspended now
 */
public record MigrationRates(long sent, long written, Duration rest) {}
