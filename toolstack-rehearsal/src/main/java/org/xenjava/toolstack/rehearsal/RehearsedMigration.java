// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * The result of a rehearsed migration.
 *
 * @param passes passes over the memory while the guest ran
 * @param copied pages that were copied while the guest ran; one that was written again counts again
 * @param copiedSuspended pages that were copied while it was suspended
 * @param lost pages that did not have on the other host what the guest last wrote
 */
public record RehearsedMigration(int passes, Pages copied, Pages copiedSuspended, int lost) {}
