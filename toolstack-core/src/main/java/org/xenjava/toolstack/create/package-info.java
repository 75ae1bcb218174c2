// SPDX-License-Identifier: Apache-2.0
/**
 * From a plan to a domain. {@link org.xenjava.toolstack.create.DomainBuilder} executes a build as a row of named
 * steps, each of which can be undone; when one fails, is cancelled or the process dies, nothing of the domain is left
 * behind. All effects of creating and destroying are here;
 * {@code device} executes what {@link org.xenjava.toolstack.device.plan.DevicePlan} decides.
 */
@NullMarked
package org.xenjava.toolstack.create;

import org.jspecify.annotations.NullMarked;
