// SPDX-License-Identifier: Apache-2.0
/** Services that repeat their work on a thread of their own, such as the guard and the supervisor. */
@NullMarked
package org.xenjava.toolstack.service;

import org.jspecify.annotations.NullMarked;
