// SPDX-License-Identifier: Apache-2.0
/**
 * From a plan to a domain. {@link org.xenjava.toolstack.create.DomainBuilder} executes a build as a row of named
 * steps, each of which can be undone; when one fails, is cancelled or the process dies, nothing of the domain is left
 * behind. All effects of creating and destroying are here, but for an HVM guest's devices: {@link
 * org.xenjava.toolstack.create.DeviceModel} says what is expected of those.
 */
@NullMarked
package org.xenjava.toolstack.create;

import org.jspecify.annotations.NullMarked;
