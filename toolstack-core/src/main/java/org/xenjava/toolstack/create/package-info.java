// SPDX-License-Identifier: Apache-2.0
/**
 * Creates a domain from a plan, and removes it. {@link org.xenjava.toolstack.create.DomainBuilder} executes a build
 * as a list of named steps, each of which can be undone. If a step fails or is cancelled, or the process dies,
 * nothing of the domain is left. {@code device} executes the {@link org.xenjava.toolstack.device.plan.DevicePlan}.
 */
@NullMarked
package org.xenjava.toolstack.create;

import org.jspecify.annotations.NullMarked;
