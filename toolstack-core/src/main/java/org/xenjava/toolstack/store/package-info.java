// SPDX-License-Identifier: Apache-2.0
/**
 * Xenstore as the toolstack uses it: strings at paths, transactions that retry, removal that leaves no empty parents,
 * watches on one thread, and the paths of a domain. The wire below is {@code xenctrl.lib}'s; what is written where is
 * decided above.
 */
@NullMarked
package org.xenjava.toolstack.store;

import org.jspecify.annotations.NullMarked;
